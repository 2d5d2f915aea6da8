-- Cost, tokens and calls per group and currency. An unpriced call has no currency: it stands in its group's only currency,
-- so that a group is one row unless it truly has several. A start that is not positive is no time.
WITH counted AS (
    SELECT
        CASE WHEN $by = 'model' THEN provider END AS provider,
        CASE $by
            WHEN 'model' THEN model
            WHEN 'provider' THEN provider
            WHEN 'service' THEN service_name
            WHEN 'user' THEN user_id
            WHEN 'conversation' THEN conversation_id
            WHEN 'agent' THEN agent_name
            WHEN 'operation' THEN operation
            WHEN 'environment' THEN environment
            WHEN 'tag' THEN tag
            WHEN 'total' THEN 'total'
        END AS name,
        CASE
            WHEN start_unix_ns > 0 AND $bucket = 'hour' THEN start_unix_ns - start_unix_ns % 3_600_000_000_000
            WHEN start_unix_ns > 0 AND 'day' IN ($bucket, $by) THEN start_unix_ns - start_unix_ns % 86_400_000_000_000
        END AS bucket_unix_ns,
        currency,
        reason,
        total_cost IS NOT NULL AND input_tokens_total IS NOT NULL AS both_known,
        count(*) AS calls,
        count(total_cost) AS priced,
        sum(input_tokens_total) AS input,
        count(input_tokens_total) AS input_known,
        sum(cache_read_tokens) AS cached,
        count(cache_read_tokens) AS cached_known,
        sum(output_tokens_total) AS output,
        count(output_tokens_total) AS output_known,
        sum(total_cost) AS cost
    FROM priced
    GROUP BY ALL
),

named AS (
    SELECT
        CASE $by WHEN 'day' THEN strftime(make_timestamp(bucket_unix_ns // 1000), '%Y-%m-%d') ELSE name END AS key,
        * EXCLUDE (name)
    FROM counted
),

placed AS (
    SELECT
        coalesce(
            currency,
            CASE WHEN min(currency) OVER same_group = max(currency) OVER same_group THEN min(currency) OVER same_group END
        ) AS currency,
        * EXCLUDE (currency)
    FROM named
    WINDOW same_group AS (PARTITION BY provider, key)
),

reasons AS (
    SELECT
        provider, key, bucket_unix_ns, currency,
        map(list(reason ORDER BY reason), list(unpriced ORDER BY reason)) AS unpriced_reasons
    FROM (
        SELECT provider, key, bucket_unix_ns, currency, reason, CAST(sum(calls - priced) AS BIGINT) AS unpriced
        FROM placed
        GROUP BY ALL
        HAVING unpriced > 0
    )
    GROUP BY ALL
),

grouped AS (
    SELECT
        provider,
        key,
        bucket_unix_ns,
        CAST(sum(calls) AS BIGINT) AS calls,
        CAST(sum(priced) AS BIGINT) AS priced_calls,
        CAST(coalesce(sum(priced) FILTER (reason != 'not_stated'), 0) AS BIGINT) AS estimated_calls,
        CAST(sum(calls - priced) AS BIGINT) AS unpriced_calls,
        TRY_CAST(sum(input) AS BIGINT) AS input_tokens,
        CAST(sum(input_known) AS BIGINT) AS input_known,
        TRY_CAST(sum(cached) AS BIGINT) AS cached_tokens,
        CAST(sum(cached_known) AS BIGINT) AS cached_known,
        TRY_CAST(sum(output) AS BIGINT) AS output_tokens,
        CAST(sum(output_known) AS BIGINT) AS output_known,
        currency,
        CAST(sum(cost) AS DECIMAL(38, 18)) AS cost,
        TRY_CAST(sum(input + coalesce(output, 0)) FILTER (both_known) AS BIGINT) AS priced_tokens,
        CAST(sum(cost) FILTER (both_known) AS DECIMAL(38, 18)) AS priced_tokens_cost
    FROM placed
    GROUP BY ALL
)

SELECT
    g.provider, g.key, calls, priced_calls, estimated_calls, unpriced_calls,
    coalesce(r.unpriced_reasons, MAP {}) AS unpriced_reasons,
    input_tokens, input_known, cached_tokens, cached_known, output_tokens, output_known,
    g.currency,
    cost,
    CAST(cost AS DOUBLE) / nullif(CAST(sum(cost) OVER (PARTITION BY g.currency) AS DOUBLE), 0) AS share,
    CAST(cost AS DOUBLE) / nullif(priced_calls, 0) AS cost_per_call,
    priced_tokens, priced_tokens_cost,
    g.bucket_unix_ns
FROM grouped AS g
LEFT JOIN reasons AS r
    ON r.provider IS NOT DISTINCT FROM g.provider
    AND r.key IS NOT DISTINCT FROM g.key
    AND r.bucket_unix_ns IS NOT DISTINCT FROM g.bucket_unix_ns
    AND r.currency IS NOT DISTINCT FROM g.currency
ORDER BY CASE WHEN $by = 'day' THEN g.key END, cost DESC NULLS LAST, calls DESC, g.key, g.provider, g.currency, g.bucket_unix_ns
