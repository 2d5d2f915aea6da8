-- Evaluations of the calls of a window, per evaluation and evaluator.
SELECT
    e.evaluation_name,
    e.evaluator,
    count(*) AS evaluations,
    count(e.score_value) AS scored,
    avg(e.score_value) AS mean_score,
    CAST(coalesce(histogram(e.score_label), MAP {}) AS MAP(VARCHAR, BIGINT)) AS labels,
    count(e.error_type) AS errors
FROM evaluations AS e
JOIN genai_calls AS c USING (trace_id, span_id)
WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
GROUP BY e.evaluation_name, e.evaluator
ORDER BY e.evaluation_name, e.evaluator
