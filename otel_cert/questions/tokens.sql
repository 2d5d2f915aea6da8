-- What is known of the tokens of one call.
SELECT
    c.start_unix_ns, c.service_name, c.provider, coalesce(c.request_model, c.response_model) AS model,
    e.*
FROM token_entropy AS e
JOIN genai_calls AS c USING (trace_id, span_id)
WHERE starts_with(c.span_id, lower($call)) OR starts_with(c.trace_id, lower($call))
ORDER BY c.start_unix_ns, c.trace_id, c.span_id, e.source, e.choice
