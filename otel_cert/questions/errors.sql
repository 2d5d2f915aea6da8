-- Failed calls per class and type; no message text, which may quote a prompt.
SELECT
    coalesce(error_class, 'other') AS error_class,
    error_type,
    count(*) AS calls,
    count(DISTINCT service_name) AS services,
    min(service_name) AS example_service,
    strftime(make_timestamp(max(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_seen
FROM genai_calls
WHERE (error_type IS NOT NULL OR error_class IS NOT NULL)
  AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
GROUP BY 1, 2
ORDER BY calls DESC, 1, 2
