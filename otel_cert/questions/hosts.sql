-- Servers that the newest spans with an operation name.
WITH newest AS (
    SELECT gen_ai_provider_name AS provider, attributes['server.address'] AS server, start_unix_ns
    FROM spans
    WHERE gen_ai_operation_name IS NOT NULL AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
    ORDER BY start_unix_ns DESC, trace_id, span_id
    LIMIT $newest
)

SELECT
    provider, server, count(*) AS spans,
    strftime(make_timestamp(min(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen
FROM newest
GROUP BY provider, server
ORDER BY spans DESC, provider, server
