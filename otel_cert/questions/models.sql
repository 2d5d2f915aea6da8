-- One row per provider, model asked for and model that answered.
SELECT
    provider,
    request_model,
    response_model,
    strftime(make_timestamp(min(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
    strftime(make_timestamp(max(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_seen,
    count(*) AS calls,
    count(*) FILTER (error_type IS NOT NULL OR error_class IS NOT NULL) AS errors
FROM genai_calls
WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
GROUP BY provider, request_model, response_model
ORDER BY provider, request_model, response_model
