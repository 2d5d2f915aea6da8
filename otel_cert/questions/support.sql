-- The share of answers that their context supports, with its interval.
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

groups AS (
    SELECT
        model, evaluation_name, evaluator, evaluator_version, threshold, threshold_source, sample_plan,
        sum(taken)::BIGINT AS taken,
        sum(scored)::BIGINT AS scored,
        coalesce(sum(supported), 0)::BIGINT AS supported,
        flatten(list(errors) FILTER (errors IS NOT NULL)) AS errors,
        flatten(list(sources) FILTER (sources IS NOT NULL)) AS sources,
        min(first_scored_unix_ns) AS first_scored_unix_ns,
        min(first_answer_unix_ns) AS first_answer_unix_ns,
        sum(score) / sum(w) AS mean_score
    FROM units
    GROUP BY model, evaluation_name, evaluator, evaluator_version, threshold, threshold_source, sample_plan
),

clustered AS (
    SELECT
        {
            'model': model, 'evaluation_name': evaluation_name, 'evaluator': evaluator,
            'evaluator_version': evaluator_version, 'threshold': threshold, 'threshold_source': threshold_source,
            'sample_plan': sample_plan
        } AS key,
        scored AS n, supported AS positive, w, y
    FROM units
),

-- include interval.sql

SELECT
    g.model, g.evaluation_name, g.evaluator, g.evaluator_version, g.threshold, g.threshold_source, g.sample_plan,
    (SELECT count(*) FROM answers AS a WHERE a.model IS NOT DISTINCT FROM g.model) AS answers,
    g.taken, g.scored, g.supported,
    CAST(coalesce(list_histogram(g.errors), MAP {}) AS MAP(VARCHAR, BIGINT)) AS unscored,
    CAST(coalesce(list_histogram(g.sources), MAP {}) AS MAP(VARCHAR, BIGINT)) AS sources,
    coalesce(b.clusters, 0) AS units,
    g.first_answer_unix_ns, g.first_scored_unix_ns, g.mean_score,
    b.share AS support_rate, b.low AS support_rate_low, b.high AS support_rate_high
FROM groups AS g
LEFT JOIN bounds AS b ON b.key IS NOT DISTINCT FROM {
    'model': g.model, 'evaluation_name': g.evaluation_name, 'evaluator': g.evaluator,
    'evaluator_version': g.evaluator_version, 'threshold': g.threshold, 'threshold_source': g.threshold_source,
    'sample_plan': g.sample_plan
}
ORDER BY g.scored DESC, g.model, g.evaluation_name, g.evaluator, g.evaluator_version, g.threshold, g.sample_plan
