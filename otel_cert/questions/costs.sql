-- Cost, tokens and calls per group and currency. An unpriced call has no currency: it stands in its group's only currency,
-- so that a group is one row unless it truly has several.
WITH selected AS (
    SELECT
        CASE WHEN $by = 'model' THEN c.provider END AS provider,
        CASE $by
            WHEN 'model' THEN coalesce(c.request_model, c.response_model)
            WHEN 'provider' THEN c.provider
            WHEN 'service' THEN c.service_name
            WHEN 'day' THEN strftime(CASE WHEN c.start_unix_ns > 0 THEN make_timestamp(c.start_unix_ns // 1000) END, '%Y-%m-%d')
            WHEN 'total' THEN 'total'
        END AS key,
        c.input_tokens_total,
        c.cache_read_tokens,
        c.output_tokens_total,
        p.currency,
        p.total_cost,
        CASE WHEN p.trace_id IS NULL THEN 'not_processed' ELSE p.reason END AS reason
    FROM genai_calls AS c
    LEFT JOIN costs AS p USING (trace_id, span_id)
    WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

placed AS (
    SELECT
        * EXCLUDE (currency),
        coalesce(
            currency,
            CASE WHEN min(currency) OVER same_group = max(currency) OVER same_group THEN min(currency) OVER same_group END
        ) AS currency
    FROM selected
    WINDOW same_group AS (PARTITION BY provider, key)
),

grouped AS (
    SELECT
        provider,
        key,
        count(*) AS calls,
        count(total_cost) AS priced_calls,
        count(total_cost) FILTER (reason IS NOT NULL) AS estimated_calls,
        count(*) FILTER (total_cost IS NULL) AS unpriced_calls,
        CAST(
            coalesce(histogram(coalesce(reason, 'not_stated')) FILTER (total_cost IS NULL), MAP {}) AS MAP(VARCHAR, BIGINT)
        ) AS unpriced_reasons,
        TRY_CAST(sum(input_tokens_total) AS BIGINT) AS input_tokens,
        count(input_tokens_total) AS input_known,
        TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cached_tokens,
        count(cache_read_tokens) AS cached_known,
        TRY_CAST(sum(output_tokens_total) AS BIGINT) AS output_tokens,
        count(output_tokens_total) AS output_known,
        currency,
        CAST(sum(total_cost) AS DECIMAL(38, 18)) AS cost
    FROM placed
    GROUP BY provider, key, currency
)

SELECT
    *,
    CAST(cost AS DOUBLE) / nullif(CAST(sum(cost) OVER (PARTITION BY currency) AS DOUBLE), 0) AS share,
    CAST(cost AS DOUBLE) / nullif(priced_calls, 0) AS cost_per_call
FROM grouped
ORDER BY CASE WHEN $by = 'day' THEN key END, cost DESC NULLS LAST, calls DESC, key, provider, currency
