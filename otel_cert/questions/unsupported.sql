-- The answers of a window that are supported least, each with its least supported sentence.
WITH worst AS (
    SELECT
        c.trace_id, c.span_id, c.start_unix_ns, coalesce(c.request_model, c.response_model) AS model,
        s.evaluation_name, s.evaluator, s.score_value AS score
    FROM support AS s
    JOIN genai_calls AS c USING (trace_id, span_id)
    WHERE s.score_label = 'unsupported'
      AND c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
    ORDER BY s.score_value, c.trace_id, c.span_id, s.evaluator
    LIMIT $most
)

SELECT
    w.trace_id, w.span_id, w.start_unix_ns, w.model, w.evaluator, w.score, k.text AS claim,
    k.answer_start::BIGINT AS claim_start, k.score AS claim_score, k.reasons, k.evidence_text AS evidence
FROM worst AS w
LEFT JOIN claims AS k USING (trace_id, span_id, evaluation_name, evaluator)
QUALIFY row_number() OVER (
    PARTITION BY w.trace_id, w.span_id, w.evaluation_name, w.evaluator ORDER BY k.score, k.ordinal
) = 1
ORDER BY w.score, w.trace_id, w.span_id, w.evaluator
