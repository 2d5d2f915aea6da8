-- Servers that the newest spans with an operation name. How far back they go is found first: attributes are long, and are read
-- of those spans alone.
WITH operations AS NOT MATERIALIZED (
    SELECT gen_ai_provider_name AS provider, attributes, start_unix_ns
    FROM spans
    WHERE gen_ai_operation_name IS NOT NULL
      AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

newest AS (
    SELECT min(start_unix_ns) AS first_ns
    FROM (SELECT start_unix_ns FROM operations ORDER BY start_unix_ns DESC LIMIT $newest)
)

SELECT
    provider,
    attributes['server.address'] AS server,
    count(*) AS spans,
    strftime(make_timestamp(min(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen
FROM operations
WHERE start_unix_ns >= (SELECT first_ns FROM newest)
GROUP BY ALL
ORDER BY spans DESC, provider, server
