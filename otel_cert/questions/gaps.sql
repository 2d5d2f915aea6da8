-- The ten longest intervals between the starts of calls in turn, beside the usual ones.
WITH starts AS (
    SELECT start_unix_ns AS start, lead(start_unix_ns) OVER (ORDER BY start_unix_ns) AS following
    FROM genai_calls
    WHERE start_unix_ns >= greatest(coalesce($since_ns::BIGINT, 1), 1)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

intervals AS (
    SELECT start, following, (following - start) / 1e9 AS seconds FROM starts WHERE following IS NOT NULL
),

usual AS (
    SELECT count(*) AS intervals, quantile_cont(seconds, [0.5, 0.99]) AS q FROM intervals
)

SELECT
    strftime(make_timestamp(start // 1000), '%Y-%m-%dT%H:%M:%SZ') AS from_time,
    strftime(make_timestamp(following // 1000), '%Y-%m-%dT%H:%M:%SZ') AS to_time,
    seconds,
    seconds / nullif(q[2], 0) AS times_usual,
    q[1] AS median_s,
    q[2] AS usual_s,
    intervals
FROM intervals, usual
WHERE seconds > 0
ORDER BY seconds DESC, start
LIMIT 10
