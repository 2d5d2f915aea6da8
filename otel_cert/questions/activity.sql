-- Calls, errors and tokens per interval; the interval follows from how far apart the first and the last call are.
-- A start that is not positive is no time: it was not sent, or does not fit.
WITH selected AS (
    SELECT *
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
      AND start_unix_ns > 0
),

span AS (
    SELECT CAST(max(start_unix_ns) AS DOUBLE) - min(start_unix_ns) AS ns FROM selected
),

width AS (
    SELECT
        CASE
            WHEN ns <= 3 * 60e9 THEN 'second'
            WHEN ns <= 3 * 3600e9 THEN 'minute'
            WHEN ns <= 5 * 86400e9 THEN 'hour'
            ELSE 'day'
        END AS interval
    FROM span
)

SELECT
    interval,
    strftime(date_trunc(interval, make_timestamp(start_unix_ns // 1000)), '%Y-%m-%dT%H:%M:%SZ') AS start,
    count(*) AS calls,
    count(*) FILTER (error_type IS NOT NULL OR error_class IS NOT NULL) AS errors,
    TRY_CAST(sum(input_tokens_total) AS BIGINT) AS input_tokens,
    count(input_tokens_total) AS input_known,
    TRY_CAST(sum(output_tokens_total) AS BIGINT) AS output_tokens,
    count(output_tokens_total) AS output_known
FROM selected, width
GROUP BY 1, 2
ORDER BY 2
