-- Scores per task, evaluation and evaluator.
WITH scored AS (
    SELECT
        p.service_name AS service,
        p.operation,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        p.provider,
        p.model,
        p.price_id,
        e.evaluation_name AS evaluation,
        trim(concat_ws(' ', e.evaluator, e.evaluator_version)) AS evaluator,
        e.score_value
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    JOIN evaluations AS e USING (trace_id, span_id)
    WHERE isfinite(e.score_value)
)

SELECT
    service, operation, agent, provider, model, price_id, evaluation, evaluator,
    count(*) AS n,
    avg(score_value) AS mean,
    stddev_samp(score_value) AS deviation
FROM scored
GROUP BY ALL
ORDER BY ALL
