-- Calls, cost and tokens per group and interval, without gaps. Intervals are numbered since 1970.
WITH size AS (
    SELECT CASE $interval WHEN 'hour' THEN 3_600_000_000_000 ELSE 86_400_000_000_000 END::BIGINT AS ns
),

since AS (
    SELECT coalesce($from_ns::BIGINT // ns, 0) AS number FROM size
),

counted AS (
    SELECT
        CASE $by
            WHEN 'total' THEN 'total'
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'service' THEN service_name
            WHEN 'user' THEN user_id
            WHEN 'conversation' THEN conversation_id
            WHEN 'agent' THEN agent_name
            WHEN 'operation' THEN operation
            WHEN 'environment' THEN environment
            WHEN 'tag' THEN tag
        END AS key,
        start_unix_ns // ns AS number,
        currency,
        count(*) AS calls,
        count(total_cost) AS priced,
        sum(total_cost) AS cost,
        count(counted) AS known,
        sum(counted) AS tokens
    FROM (
        SELECT *, input_tokens_total + CASE WHEN operation = 'embeddings' THEN 0 ELSE output_tokens_total END AS counted
        FROM (SELECT * REPLACE (input_tokens_total::HUGEINT AS input_tokens_total) FROM priced)
    ), size
    WHERE start_unix_ns > 0
    GROUP BY ALL
),

-- An unpriced call has no currency: it stands in its group's only one.
placed AS (
    SELECT
        key,
        number,
        CASE
            WHEN $metric NOT IN ('cost', 'cost_per_call') THEN NULL
            WHEN currency IS NULL AND min(currency) OVER same_group = max(currency) OVER same_group
                THEN min(currency) OVER same_group
            ELSE currency
        END AS currency,
        calls, priced, cost, known, tokens
    FROM counted
    WINDOW same_group AS (PARTITION BY key)
),

summed AS (
    SELECT
        key,
        currency,
        number,
        sum(calls) AS calls,
        sum(priced) AS priced,
        sum(cost) AS cost,
        sum(known) AS known,
        sum(tokens) AS tokens,
        min(number) OVER (PARTITION BY key) AS first_number
    FROM placed
    GROUP BY key, currency, number
),

ranked AS (
    SELECT
        key,
        currency,
        any_value(first_number) AS first_number,
        count(*) OVER () AS groups,
        row_number() OVER (
            ORDER BY
                max(CASE $metric WHEN 'calls' THEN calls WHEN 'tokens' THEN tokens ELSE cost END::DOUBLE) DESC NULLS LAST,
                sum(calls) DESC, key, currency
        ) AS rank
    FROM summed, since
    WHERE summed.number >= since.number
    GROUP BY key, currency
),

extent AS (
    SELECT
        min(start_unix_ns) AS first_ns,
        max(start_unix_ns) AS last_ns,
        least(max(start_unix_ns), $until_ns::BIGINT - 1) // any_value(ns) AS last_number
    FROM genai_calls, size
    WHERE start_unix_ns > 0
),

grid AS (
    SELECT
        key,
        currency,
        first_number,
        groups,
        rank,
        unnest(range(greatest(first_number, since.number), last_number + 1)) AS number
    FROM ranked, extent, since
    WHERE rank <= $top
)

SELECT
    g.key,
    g.currency,
    g.number * ns AS start_unix_ns,
    first_ns <= g.number * ns
        AND last_ns >= g.number::HUGEINT * ns + ns
        AND coalesce(g.number::HUGEINT * ns + ns <= $until_ns, true) AS whole,
    CAST(coalesce(s.calls, 0) AS BIGINT) AS calls,
    CAST(coalesce(s.priced, 0) AS BIGINT) AS priced_calls,
    CAST(s.cost AS DECIMAL(38, 18)) AS cost,
    CAST(coalesce(s.known, 0) AS BIGINT) AS counted_calls,
    TRY_CAST(s.tokens AS BIGINT) AS tokens,
    groups,
    first_ns AS stored_from_ns,
    last_ns AS stored_to_ns
FROM grid AS g
CROSS JOIN extent
CROSS JOIN size
LEFT JOIN summed AS s
    ON s.key IS NOT DISTINCT FROM g.key AND s.currency IS NOT DISTINCT FROM g.currency AND s.number = g.number
ORDER BY rank, g.number
