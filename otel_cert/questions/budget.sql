-- Spend per group and currency, in all and by age: how many whole steps before the end of the window a call started.
WITH counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'user' THEN user_id
            WHEN 'service' THEN service_name
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'conversation' THEN conversation_id
            WHEN 'agent' THEN agent_name
            WHEN 'operation' THEN operation
            WHEN 'environment' THEN environment
            WHEN 'tag' THEN tag
        END AS key,
        currency,
        CASE WHEN total_cost IS NULL THEN reason END AS reason,
        CAST(($until_ns::HUGEINT - 1 - start_unix_ns) // $step_ns AS BIGINT) AS age,
        count(*) AS calls,
        CAST(sum(total_cost) AS DECIMAL(38, 18)) AS cost
    FROM priced
    WHERE $providers IS NULL OR list_contains(from_json($providers, '["VARCHAR"]'), provider)
    GROUP BY ALL
),

reasons AS (
    SELECT key, currency, map(list(reason ORDER BY reason), list(calls ORDER BY reason)) AS unpriced_reasons
    FROM (
        SELECT key, currency, reason, CAST(sum(calls) AS BIGINT) AS calls
        FROM counted
        WHERE reason IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY ALL
),

ages AS (
    SELECT key, currency, map(list(age ORDER BY age), list(cost ORDER BY age)) AS cost_by_age
    FROM counted
    WHERE cost IS NOT NULL AND age IS NOT NULL
    GROUP BY ALL
),

grouped AS (
    SELECT key, currency, CAST(sum(calls) AS BIGINT) AS calls, CAST(sum(cost) AS DECIMAL(38, 18)) AS cost
    FROM counted
    GROUP BY ALL
)

SELECT g.key, g.currency, calls, coalesce(unpriced_reasons, MAP {}) AS unpriced_reasons, cost, cost_by_age
FROM grouped AS g
LEFT JOIN reasons AS r ON r.key IS NOT DISTINCT FROM g.key AND r.currency IS NOT DISTINCT FROM g.currency
LEFT JOIN ages AS a ON a.key IS NOT DISTINCT FROM g.key AND a.currency IS NOT DISTINCT FROM g.currency
ORDER BY cost DESC NULLS LAST, calls DESC, g.key, g.currency
