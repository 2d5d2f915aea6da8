-- Received events `gen_ai.evaluation.result`, one row per evaluated span, evaluation and evaluator; the newest counts.
-- Reads logs, genai_calls and genai_duplicates. An event names its span or, failing that, the response; what is said of a
-- record that was merged into a call is said of the call.
WITH events AS (
    SELECT
        trace_id,
        nullif(span_id, '') AS span_id,
        nullif(attributes['gen_ai.response.id'], '') AS response_id,
        nullif(attributes['gen_ai.evaluation.name'], '') AS evaluation_name,
        -- What another store computed is said under its evaluator's own name.
        coalesce(nullif(attributes['otel_cert.evaluator'], ''), nullif(scope_name, ''), service_name, '') AS evaluator,
        CASE
            WHEN coalesce(attributes['otel_cert.evaluator'], '') <> '' THEN coalesce(attributes['otel_cert.evaluator.version'], '')
            ELSE coalesce(scope_version, '')
        END AS evaluator_version,
        TRY_CAST(attributes['gen_ai.evaluation.score.value'] AS DOUBLE) AS score,
        nullif(attributes['gen_ai.evaluation.score.label'], '') AS score_label,
        nullif(attributes['gen_ai.evaluation.explanation'], '') AS explanation,
        nullif(attributes['error.type'], '') AS error_type,
        receive_day,
        unix_ns,
        sequence,
        ordinal
    FROM logs
    WHERE coalesce(nullif(event_name, ''), attributes['event.name']) = 'gen_ai.evaluation.result'
        -- What this store computed and sent, and a collector sent back, is here already.
        AND coalesce(attributes['otel_cert.store'] <> getvariable('store_id'), true)
), answers AS (
    SELECT trace_id, response_id, min(span_id) AS span_id
    FROM genai_calls
    WHERE response_id IS NOT NULL
    GROUP BY trace_id, response_id
)
SELECT
    coalesce(d.call_trace_id, e.trace_id) AS trace_id,
    coalesce(d.call_span_id, e.span_id, a.span_id) AS span_id,
    evaluation_name,
    evaluator,
    evaluator_version,
    CASE WHEN isfinite(score) THEN score END AS score_value,
    score_label,
    explanation,
    e.error_type,
    true AS received,
    e.receive_day
FROM events AS e
LEFT JOIN answers AS a ON a.trace_id = e.trace_id AND a.response_id = e.response_id
LEFT JOIN genai_duplicates AS d ON d.trace_id = e.trace_id AND d.span_id = coalesce(e.span_id, a.span_id)
WHERE evaluation_name IS NOT NULL AND coalesce(e.span_id, a.span_id) IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY coalesce(d.call_trace_id, e.trace_id), coalesce(d.call_span_id, e.span_id, a.span_id), evaluation_name,
        evaluator, evaluator_version
    ORDER BY unix_ns DESC, sequence DESC, ordinal DESC
) = 1
