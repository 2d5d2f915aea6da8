-- One row: tasks, successes and cost of the window; none without calls. The predicate stands where `success` is computed.
WITH evaluated AS (
    SELECT trace_id, span_id, map(list(name), list(score)) AS score, map(list(name), list(label)) AS label
    FROM (
        SELECT
            trace_id,
            span_id,
            evaluation_name AS name,
            avg(score_value) AS score,
            CASE WHEN min(score_label) = max(score_label) THEN min(score_label) END AS label
        FROM evaluations
        WHERE error_type IS NULL AND evaluation_name IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY ALL
),

judged AS (
    SELECT
        start_unix_ns,
        span_id,
        total_cost,
        currency,
        reason,
        CASE $task
            WHEN 'call' THEN trace_id || span_id
            WHEN 'trace' THEN trace_id
            WHEN 'conversation' THEN conversation_id
        END AS task,
        (error_type IS NULL AND error_class IS NULL) AS success
    FROM (SELECT trace_id, span_id, model, currency, total_cost, reason FROM priced)
    JOIN genai_calls USING (trace_id, span_id)
    LEFT JOIN evaluated USING (trace_id, span_id)
),

tasks AS (
    SELECT arg_max(success, (start_unix_ns, span_id)) FILTER (success IS NOT NULL) AS success
    FROM judged
    WHERE task IS NOT NULL
    GROUP BY task
),

reasons AS (
    SELECT map(list(reason ORDER BY reason), list(calls ORDER BY reason)) AS unpriced_reasons
    FROM (SELECT reason, count(*) AS calls FROM judged WHERE total_cost IS NULL GROUP BY ALL)
),

spent AS (
    SELECT map(list(currency ORDER BY currency), list(cost ORDER BY currency)) AS cost
    FROM (
        SELECT currency, CAST(sum(total_cost) AS DECIMAL(38, 18)) AS cost
        FROM judged
        WHERE total_cost IS NOT NULL
        GROUP BY ALL
    )
)

SELECT
    count(*) AS calls,
    count(*) FILTER (task IS NULL) AS calls_without_task,
    (SELECT count(*) FROM tasks) AS tasks,
    (SELECT count(success) FROM tasks) AS known_tasks,
    (SELECT count(*) FROM tasks WHERE success) AS successes,
    coalesce((SELECT unpriced_reasons FROM reasons), MAP {}) AS unpriced_reasons,
    (SELECT cost FROM spent) AS cost,
    min(start_unix_ns) FILTER (start_unix_ns > 0) AS first_unix_ns,
    max(start_unix_ns) FILTER (start_unix_ns > 0) AS last_unix_ns
FROM judged
HAVING count(*) > 0
