-- The parts of models, services, users ... in how intervals differ from usual ones. Each asked row is a weighted interval.
WITH asked AS (
    SELECT unnest(one)
    FROM (
        SELECT unnest(CAST(
            $asked::JSON AS STRUCT(id BIGINT, key VARCHAR, currency VARCHAR, start BIGINT, actual DOUBLE, usual DOUBLE)[]
        )) AS one
    )
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
        CASE WHEN $metric IN ('cost', 'cost_per_call') THEN currency END AS currency,
        start_unix_ns - start_unix_ns % CASE $interval WHEN 'hour' THEN 3_600_000_000_000 ELSE 86_400_000_000_000 END AS start,
        model, service_name, user_id, provider, operation, agent_name, environment,
        sum(
            CASE $metric
                WHEN 'calls' THEN 1
                WHEN 'tokens' THEN
                    input_tokens_total::DOUBLE + CASE WHEN operation = 'embeddings' THEN 0 ELSE output_tokens_total END
                ELSE total_cost::DOUBLE
            END
        ) AS amount
    FROM priced
    WHERE start_unix_ns > 0
    GROUP BY ALL
),

weighted AS (
    SELECT
        id,
        model, service_name, user_id, provider, operation, agent_name, environment,
        sum(c.amount * a.actual) AS actual,
        sum(c.amount * a.usual) AS usual
    FROM counted AS c
    INNER JOIN asked AS a
        ON a.key IS NOT DISTINCT FROM c.key AND a.currency IS NOT DISTINCT FROM c.currency AND a.start = c.start
    GROUP BY ALL
),

parts AS (
    SELECT id, dimension, value, coalesce(sum(actual), 0) AS actual, coalesce(sum(usual), 0) AS usual
    FROM (
        SELECT
            id,
            unnest(['model', 'service', 'user', 'provider', 'operation', 'agent', 'environment']) AS dimension,
            unnest([model, service_name, user_id, provider, operation, agent_name, environment]) AS value,
            actual,
            usual
        FROM weighted
    )
    WHERE dimension != $by
    GROUP BY ALL
),

shares AS (
    SELECT
        id,
        dimension,
        value,
        actual,
        usual,
        (actual - usual) / nullif(sum(actual - usual) OVER same, 0) AS share,
        usual / nullif(sum(usual) OVER same, 0) AS usual_share,
        count(*) OVER same AS values
    FROM parts
    WINDOW same AS (PARTITION BY id, dimension)
)

SELECT * EXCLUDE (values)
FROM shares
WHERE values > 1
QUALIFY row_number() OVER (PARTITION BY id, dimension ORDER BY share DESC NULLS LAST, value) <= 3
ORDER BY id, dimension, share DESC NULLS LAST, value
