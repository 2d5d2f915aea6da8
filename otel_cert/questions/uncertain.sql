-- The answers of a window with the greatest mean surprisal.
SELECT
    c.trace_id, c.span_id, e.choice, c.start_unix_ns, c.service_name, coalesce(c.request_model, c.response_model) AS model,
    e.scoring_model, e.n_tokens, e.n_known, e.mean_nll, e.perplexity, e.share_below, e.worst_surprisal, e.worst_text, e.window_mean, e.window_text
FROM token_entropy AS e
JOIN genai_calls AS c USING (trace_id, span_id)
WHERE e.source = $source AND e.n_known > 0
  AND c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
ORDER BY e.mean_nll DESC, c.trace_id, c.span_id, e.choice
LIMIT $most
