-- Calls per bin of each indicator, before and after the split. Each indicator is grouped for itself, in one scan.
WITH selected AS (
    SELECT
        trace_id, span_id, start_unix_ns,
        coalesce(user_id, conversation_id, trace_id) AS unit,
        error_type IS NOT NULL OR error_class IS NOT NULL AS failed,
        duration_ns, input_tokens_total, output_tokens_total,
        coalesce(request_model, response_model) AS model,
        finish_reasons[1] AS reason
    FROM genai_calls
    WHERE start_unix_ns >= greatest(coalesce($since_ns::BIGINT, 1), 1)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

middle AS (
    SELECT coalesce($split_ns::BIGINT, min(start_unix_ns) + (max(start_unix_ns) - min(start_unix_ns) + 1) // 2) AS split
    FROM selected
),

binned AS (
    SELECT
        start_unix_ns < split AS before,
        CASE WHEN NOT failed THEN floor(20 * ln(1 + greatest(duration_ns, 0) / 1e6))::BIGINT END AS duration,
        floor(20 * ln(1.0 + greatest(input_tokens_total, 0)))::BIGINT AS input,
        floor(20 * ln(1.0 + greatest(output_tokens_total, 0)))::BIGINT AS output,
        CASE WHEN failed THEN 'yes' ELSE 'no' END AS failed,
        coalesce(model, 'unknown') AS model,
        reason
    FROM selected, middle
),

of_calls AS (
    SELECT
        CASE
            WHEN GROUPING(duration) = 0 THEN 'duration'
            WHEN GROUPING(input) = 0 THEN 'input tokens'
            WHEN GROUPING(output) = 0 THEN 'output tokens'
            WHEN GROUPING(failed) = 0 THEN 'failed calls'
            WHEN GROUPING(model) = 0 THEN 'models'
            ELSE 'finish reasons'
        END AS indicator,
        before,
        coalesce(duration, input, output) AS position,
        coalesce(failed, model, reason) AS bin,
        count(*) AS calls
    FROM binned
    GROUP BY GROUPING SETS ((before, duration), (before, input), (before, output), (before, failed), (before, model), (before, reason))
    HAVING position IS NOT NULL OR bin IS NOT NULL
),

scored AS (
    SELECT 'support score' AS indicator, start_unix_ns < split AS before, floor(100 * least(greatest(score_value, 0), 1))::BIGINT AS position, NULL AS bin
    FROM support JOIN selected USING (trace_id, span_id), middle
    WHERE isfinite(score_value)
    UNION ALL
    SELECT 'mean surprisal', start_unix_ns < split, floor(20 * ln(1 + 1000 * greatest(mean_nll, 0)))::BIGINT, NULL
    FROM token_entropy JOIN selected USING (trace_id, span_id), middle
    WHERE source = 'recorded' AND choice = 0 AND isfinite(mean_nll)
    UNION ALL
    SELECT 'languages', start_unix_ns < split, NULL, language
    FROM support JOIN selected USING (trace_id, span_id), middle
    WHERE language IS NOT NULL
),

units AS (
    SELECT
        count(DISTINCT unit) FILTER (start_unix_ns < split) AS baseline,
        count(DISTINCT unit) FILTER (start_unix_ns >= split) AS current
    FROM selected, middle
),

counted AS (
    FROM of_calls
    UNION ALL
    SELECT indicator, before, position, bin, count(*) FROM scored GROUP BY ALL
),

compared AS (
    SELECT
        indicator,
        CASE
            WHEN indicator IN ('models', 'finish reasons', 'languages') THEN 'category'
            WHEN indicator = 'failed calls' THEN 'share'
            ELSE 'number'
        END AS kind,
        position,
        bin,
        coalesce(sum(calls) FILTER (before), 0)::BIGINT AS baseline,
        coalesce(sum(calls) FILTER (NOT before), 0)::BIGINT AS current
    FROM counted
    GROUP BY indicator, position, bin
    UNION ALL
    SELECT 'units', 'units', NULL, NULL, baseline, current FROM units WHERE baseline + current > 0
)

SELECT compared.*, split AS split_unix_ns
FROM compared, middle
ORDER BY kind, indicator, position, bin
