-- The share of answers that their context supports, with Wilson's interval (z = 1.959963984540054) of the effective n.
WITH answers AS (
    SELECT
        trace_id,
        span_id,
        start_unix_ns,
        coalesce(user_id, conversation_id, trace_id) AS unit,
        CASE WHEN $by = 'model' THEN coalesce(request_model, response_model) END AS model
    FROM genai_calls
    WHERE operation IN ('chat', 'text_completion', 'generate_content') AND error_type IS NULL
      AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

taken AS (
    SELECT
        a.model, a.unit, a.start_unix_ns, s.evaluation_name, s.evaluator, s.evaluator_version, s.threshold, s.threshold_source,
        s.sample_plan, s.score_value, s.error_type, s.context_sources, s.scored_unix_ns,
        CASE WHEN s.score_value IS NOT NULL THEN 1 / s.sample_share END AS weight,
        CASE WHEN s.score_value IS NOT NULL THEN (s.score_label = 'supported')::INTEGER END AS supported
    FROM support AS s
    JOIN answers AS a USING (trace_id, span_id)
),

-- The weights of a unit's scored and of its supported answers.
units AS (
    SELECT
        model, unit, evaluation_name, evaluator, evaluator_version, threshold, threshold_source, sample_plan,
        count(*) AS taken,
        count(score_value) AS scored,
        sum(supported) AS supported,
        list(error_type) FILTER (error_type IS NOT NULL) AS errors,
        list(array_to_string(context_sources, ' + ')) FILTER (score_value IS NOT NULL) AS sources,
        min(scored_unix_ns) FILTER (score_value IS NOT NULL) AS first_scored_unix_ns,
        min(start_unix_ns) FILTER (score_value IS NOT NULL) AS first_answer_unix_ns,
        sum(weight * score_value) AS score,
        sum(weight) AS w,
        sum(weight * supported) AS y
    FROM taken
    GROUP BY ALL
),

rates AS (
    SELECT
        model, evaluation_name, evaluator, evaluator_version, threshold, threshold_source, sample_plan,
        sum(taken)::BIGINT AS taken,
        sum(scored)::BIGINT AS scored,
        coalesce(sum(supported), 0)::BIGINT AS supported,
        flatten(list(errors) FILTER (errors IS NOT NULL)) AS errors,
        flatten(list(sources) FILTER (sources IS NOT NULL)) AS sources,
        count(w) AS units,
        min(first_scored_unix_ns) AS first_scored_unix_ns,
        min(first_answer_unix_ns) AS first_answer_unix_ns,
        sum(score) / sum(w) AS mean_score,
        sum(y) / sum(w) AS support_rate,
        -- Variance of a ratio over units (Taylor), beside that of as many independent answers: the design effect.
        greatest(sum(y * y) - 2 * support_rate * sum(y * w) + pow(support_rate, 2) * sum(w * w), 0)
            / pow(sum(w), 2) * count(w) / nullif(count(w) - 1, 0) AS variance,
        CASE
            WHEN sum(supported) BETWEEN 1 AND sum(scored) - 1
            THEN greatest(1, variance / (support_rate * (1 - support_rate) / sum(scored)))
        END AS design_effect,
        -- When all agree there is no variance to see: units count then, not answers.
        CASE WHEN count(w) > 1 THEN coalesce(sum(scored) / design_effect, count(w)) END AS effective_n,
        pow(1.959963984540054, 2) / effective_n AS z2_n
    FROM units
    GROUP BY model, evaluation_name, evaluator, evaluator_version, threshold, threshold_source, sample_plan
),

bounds AS (
    SELECT
        *,
        (support_rate + z2_n / 2) / (1 + z2_n) AS centre,
        sqrt(z2_n * (support_rate * (1 - support_rate) + z2_n / 4)) / (1 + z2_n) AS half_width
    FROM rates
)

SELECT
    b.model, b.evaluation_name, b.evaluator, b.evaluator_version, b.threshold, b.threshold_source, b.sample_plan,
    (SELECT count(*) FROM answers AS a WHERE a.model IS NOT DISTINCT FROM b.model) AS answers,
    b.taken, b.scored, b.supported,
    CAST(coalesce(list_histogram(b.errors), MAP {}) AS MAP(VARCHAR, BIGINT)) AS unscored,
    CAST(coalesce(list_histogram(b.sources), MAP {}) AS MAP(VARCHAR, BIGINT)) AS sources,
    b.units, b.first_answer_unix_ns, b.first_scored_unix_ns, b.mean_score, b.support_rate,
    CASE WHEN b.effective_n IS NOT NULL THEN greatest(b.centre - b.half_width, 0) END AS support_rate_low,
    CASE WHEN b.effective_n IS NOT NULL THEN least(b.centre + b.half_width, 1) END AS support_rate_high
FROM bounds AS b
ORDER BY b.scored DESC, b.model, b.evaluation_name, b.evaluator, b.evaluator_version, b.threshold, b.sample_plan
