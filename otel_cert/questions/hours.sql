-- Calls per hour of the day and day of the week; 1970-01-01 was a Thursday.
WITH selected AS (
    SELECT
        start_unix_ns // 3600000000000 % 24 AS hour,
        (start_unix_ns // 86400000000000 + 3) % 7 + 1 AS weekday
    FROM genai_calls
    WHERE start_unix_ns >= greatest(coalesce($since_ns::BIGINT, 1), 1)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
)

SELECT
    CASE WHEN GROUPING(hour) = 0 THEN 'hour' ELSE 'weekday' END AS part,
    coalesce(hour, weekday) AS number,
    count(*) AS calls
FROM selected
GROUP BY GROUPING SETS ((hour), (weekday))
ORDER BY part, number
