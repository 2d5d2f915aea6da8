-- One row: extent, days and volume of the window; 86400000000000 ns are a day. A start that is not positive is no time.
WITH selected AS (
    SELECT
        trace_id, conversation_id, user_id,
        CASE WHEN start_unix_ns > 0 THEN start_unix_ns END AS start
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

counted AS (
    SELECT
        count(*) AS calls,
        count(*) - count(start) AS undated,
        min(start) AS first_ns,
        max(start) AS last_ns,
        count(DISTINCT start // 86400000000000) AS active_days,
        count(DISTINCT trace_id) AS traces,
        count(DISTINCT conversation_id) AS conversations,
        count(conversation_id) AS in_conversations,
        count(DISTINCT user_id) AS users,
        count(user_id) AS of_users
    FROM selected
)

SELECT
    calls,
    undated,
    strftime(make_timestamp(first_ns // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_call,
    strftime(make_timestamp(last_ns // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_call,
    last_ns // 86400000000000 - first_ns // 86400000000000 + 1 AS days,
    nullif(active_days, 0) AS active_days,
    (epoch_us(created_time)::DOUBLE - first_ns / 1e3) / 86400e6 AS age_days,
    (epoch_us(created_time)::DOUBLE - last_ns / 1e3) / 86400e6 AS idle_days,
    traces, conversations, in_conversations, users, of_users
FROM counted, snapshot
