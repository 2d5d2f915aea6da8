-- Mean and percentiles of what calls report.
WITH selected AS (
    SELECT input_tokens_total, output_tokens_total, reasoning_tokens
    FROM genai_calls
    WHERE error_type IS NULL AND error_class IS NULL AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

summed AS (
    SELECT
        count(input_tokens_total) AS input_n, avg(input_tokens_total) AS input_mean, max(input_tokens_total) AS input_most,
        quantile_cont(input_tokens_total::DOUBLE, [0.05, 0.5, 0.95]) AS input_q,
        count(output_tokens_total) AS output_n, avg(output_tokens_total) AS output_mean, max(output_tokens_total) AS output_most,
        quantile_cont(output_tokens_total::DOUBLE, [0.05, 0.5, 0.95]) AS output_q,
        count(reasoning_tokens) AS reasoning_n, avg(reasoning_tokens) AS reasoning_mean, max(reasoning_tokens) AS reasoning_most,
        quantile_cont(reasoning_tokens::DOUBLE, [0.05, 0.5, 0.95]) AS reasoning_q
    FROM selected
),

measures AS (
    SELECT unnest([
        {'rank': 1, 'measure': 'input tokens', 'n': input_n, 'mean': input_mean, 'q': input_q, 'most': input_most},
        {'rank': 2, 'measure': 'output tokens', 'n': output_n, 'mean': output_mean, 'q': output_q, 'most': output_most},
        {'rank': 3, 'measure': 'reasoning tokens', 'n': reasoning_n, 'mean': reasoning_mean, 'q': reasoning_q, 'most': reasoning_most}
    ], recursive := true)
    FROM summed
)

SELECT measure, n, mean, q[1] AS p05, q[2] AS p50, q[3] AS p95, most
FROM measures
WHERE n > 0
ORDER BY rank
