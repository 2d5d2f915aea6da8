-- Failed calls and the call that started next in their trace.
WITH calls AS (
    SELECT
        trace_id, span_id, start_unix_ns,
        error_type IS NOT NULL OR error_class IS NOT NULL AS failed,
        coalesce(error_class, 'other') AS error_class,
        concat_ws(' / ', provider, coalesce(request_model, response_model)) AS model
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

followed AS (
    SELECT
        *,
        lead(failed) OVER placed AS next_failed,
        lead(model) OVER placed AS next_model
    FROM calls
    SEMI JOIN (SELECT trace_id FROM calls WHERE failed) AS troubled USING (trace_id)
    WINDOW placed AS (PARTITION BY trace_id ORDER BY start_unix_ns, span_id)
)

SELECT
    error_class,
    count(*) AS failed,
    count(next_model) AS followed,
    count(*) FILTER (next_model = model) AS same_model,
    count(*) FILTER (next_model <> model) AS other_model,
    count(*) FILTER (NOT next_failed) AS recovered
FROM followed
WHERE failed
GROUP BY error_class
ORDER BY failed DESC, error_class
