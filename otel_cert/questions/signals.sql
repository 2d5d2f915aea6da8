-- Events of our own names per outcome and category.
WITH events AS (
    SELECT
        event_name AS name,
        attributes,
        nullif(trace_id, '') AS trace_id,
        CASE WHEN unix_ns > 0 THEN unix_ns WHEN observed_unix_ns > 0 THEN observed_unix_ns ELSE received_unix_ns END AS time_ns
    FROM logs
    WHERE event_name IN (
        'otel_cert.review', 'otel_cert.stop', 'otel_cert.feedback', 'otel_cert.complaint', 'otel_cert.guardrail',
        'otel_cert.disclosure', 'otel_cert.marking', 'otel_cert.fallback', 'otel_cert.explanation'
    )
),

read AS (
    SELECT
        replace(name, 'otel_cert.', '') AS event,
        nullif(attributes[name || '.outcome'], '') AS outcome,
        nullif(attributes[name || '.category'], '') AS category,
        nullif(attributes[name || '.by'], '') AS person,
        TRY_CAST(attributes[name || '.seconds'] AS DOUBLE) AS seconds,
        trace_id,
        time_ns
    FROM events
    WHERE time_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND time_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
)

SELECT
    event,
    outcome,
    category,
    count(*) AS events,
    count(DISTINCT trace_id) AS traces,
    count(DISTINCT person) AS people,
    count(*) FILTER (isfinite(seconds)) AS timed,
    median(seconds) FILTER (isfinite(seconds)) AS median_s,
    strftime(make_timestamp(min(time_ns) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
    strftime(make_timestamp(max(time_ns) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_seen
FROM read
GROUP BY event, outcome, category
ORDER BY event, events DESC, outcome, category
