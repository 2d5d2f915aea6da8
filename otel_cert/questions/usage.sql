-- Calls, tokens, cost and durations per set of labels; the sets with the fewest calls are put together as 'other'.
WITH selected AS (
    SELECT
        CASE WHEN contains($labels, 'provider') THEN c.provider END AS provider,
        CASE WHEN contains($labels, 'model') THEN coalesce(c.request_model, c.response_model) END AS model,
        CASE WHEN contains($labels, 'operation') THEN c.operation END AS operation,
        CASE WHEN contains($labels, 'service') THEN c.service_name END AS service,
        CASE WHEN contains($labels, 'environment') THEN c.environment END AS environment,
        c.duration_ns / 1e9 AS duration_s,
        c.ttft_s,
        c.error_type IS NOT NULL OR c.error_class IS NOT NULL AS failed,
        c.error_class,
        c.dedupe_group,
        c.input_tokens_total,
        c.cache_read_tokens,
        c.cache_write_tokens,
        c.output_tokens_total,
        c.reasoning_tokens,
        p.currency,
        p.total_cost,
        CASE WHEN p.trace_id IS NULL THEN 'not_processed' ELSE coalesce(p.reason, 'not_stated') END AS reason
    FROM genai_calls AS c
    LEFT JOIN costs AS p USING (trace_id, span_id)
    WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

sets AS (
    SELECT
        provider, model, operation, service, environment,
        row_number() OVER (
            ORDER BY count(*) DESC, provider, model, operation, service, environment
        ) AS number
    FROM selected
    GROUP BY provider, model, operation, service, environment
),

placed AS (
    SELECT s.*, sets.number AS own, least(sets.number, $max_sets + 1) AS number
    FROM selected AS s
    JOIN sets
        ON sets.provider IS NOT DISTINCT FROM s.provider AND sets.model IS NOT DISTINCT FROM s.model
        AND sets.operation IS NOT DISTINCT FROM s.operation AND sets.service IS NOT DISTINCT FROM s.service
        AND sets.environment IS NOT DISTINCT FROM s.environment
),

amounts AS (
    SELECT number, currency, CAST(sum(total_cost) AS DECIMAL(38, 18)) AS cost
    FROM placed
    WHERE total_cost IS NOT NULL
    GROUP BY number, currency
),

spent AS (
    SELECT number, map_from_entries(list((currency, cost) ORDER BY currency)) AS cost FROM amounts GROUP BY number
),

grouped AS (
    SELECT
        number,
        any_value(provider) AS provider,
        any_value(model) AS model,
        any_value(operation) AS operation,
        any_value(service) AS service,
        any_value(environment) AS environment,
        count(DISTINCT own) AS sets,
        count(*) AS calls,
        count(*) FILTER (failed) AS errors,
        CAST(
            coalesce(histogram(coalesce(error_class, 'other')) FILTER (failed), MAP {}) AS MAP(VARCHAR, BIGINT)
        ) AS error_classes,
        count(dedupe_group) AS duplicated_calls,
        TRY_CAST(sum(input_tokens_total) AS BIGINT) AS input_tokens,
        TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cache_read_tokens,
        TRY_CAST(sum(cache_write_tokens) AS BIGINT) AS cache_write_tokens,
        TRY_CAST(sum(output_tokens_total) AS BIGINT) AS output_tokens,
        TRY_CAST(sum(reasoning_tokens) AS BIGINT) AS reasoning_tokens,
        count(total_cost) AS priced_calls,
        CAST(
            coalesce(histogram(reason) FILTER (total_cost IS NULL), MAP {}) AS MAP(VARCHAR, BIGINT)
        ) AS unpriced_reasons,
        quantile_cont(duration_s, 0.50) FILTER (NOT failed) AS p50_s,
        quantile_cont(duration_s, 0.95) FILTER (NOT failed) AS p95_s,
        quantile_cont(duration_s, 0.99) FILTER (NOT failed) AS p99_s,
        quantile_cont(ttft_s, 0.50) FILTER (NOT failed) AS ttft_p50_s,
        quantile_cont(ttft_s, 0.95) FILTER (NOT failed) AS ttft_p95_s
    FROM placed
    GROUP BY number
)

SELECT
    CASE WHEN number <= $max_sets THEN provider WHEN contains($labels, 'provider') THEN 'other' END AS provider,
    CASE WHEN number <= $max_sets THEN model WHEN contains($labels, 'model') THEN 'other' END AS model,
    CASE WHEN number <= $max_sets THEN operation WHEN contains($labels, 'operation') THEN 'other' END AS operation,
    CASE WHEN number <= $max_sets THEN service WHEN contains($labels, 'service') THEN 'other' END AS service,
    CASE WHEN number <= $max_sets THEN environment WHEN contains($labels, 'environment') THEN 'other' END AS environment,
    CASE WHEN number > $max_sets THEN sets ELSE 0 END AS sets_in_other,
    g.* EXCLUDE (number, provider, model, operation, service, environment, sets),
    s.cost
FROM grouped AS g
LEFT JOIN spent AS s USING (number)
ORDER BY number
