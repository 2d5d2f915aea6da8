-- Duration percentiles of successful calls, and the error rate with its Wilson score interval (z = 1.959963984540054).
WITH selected AS (
    SELECT
        CASE WHEN $by <> 'total' THEN provider END AS provider,
        CASE WHEN $by <> 'total' THEN coalesce(request_model, response_model) END AS model,
        CASE WHEN $by = 'operation' THEN operation END AS operation,
        duration_ns / 1e9 AS duration_s,
        ttft_s,
        error_class,
        error_type IS NOT NULL OR error_class IS NOT NULL AS failed
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

grouped AS (
    SELECT
        provider,
        model,
        operation,
        count(*) AS calls,
        count(duration_s) FILTER (NOT failed) AS n,
        quantile_cont(duration_s, 0.50) FILTER (NOT failed) AS p50_s,
        quantile_cont(duration_s, 0.95) FILTER (NOT failed) AS p95_s,
        quantile_cont(duration_s, 0.99) FILTER (NOT failed) AS p99_s,
        count(ttft_s) FILTER (NOT failed) AS ttft_n,
        quantile_cont(ttft_s, 0.50) FILTER (NOT failed) AS ttft_p50_s,
        quantile_cont(ttft_s, 0.95) FILTER (NOT failed) AS ttft_p95_s,
        count(*) FILTER (failed) AS errors,
        CAST(
            coalesce(histogram(coalesce(error_class, 'other')) FILTER (failed), MAP {}) AS MAP(VARCHAR, BIGINT)
        ) AS error_classes,
        errors / calls AS error_rate,
        pow(1.959963984540054, 2) / calls AS z2_n
    FROM selected
    GROUP BY provider, model, operation
),

bounds AS (
    SELECT
        *,
        (error_rate + z2_n / 2) / (1 + z2_n) AS centre,
        sqrt(z2_n * (error_rate * (1 - error_rate) + z2_n / 4)) / (1 + z2_n) AS half_width
    FROM grouped
)

SELECT
    * EXCLUDE (z2_n, centre, half_width),
    greatest(centre - half_width, 0) AS error_rate_low,
    least(centre + half_width, 1) AS error_rate_high
FROM bounds
ORDER BY calls DESC, provider, model, operation
