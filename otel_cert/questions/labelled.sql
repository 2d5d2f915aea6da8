-- Labelled answers of the window beside their automatic evaluation, whatever evaluator it is of; `unit`: what they share.
labels AS (
    SELECT unnest(from_json(coalesce($labels, '[]'), '[{
        "trace_id": "VARCHAR", "span_id": "VARCHAR", "label": "BIGINT", "weight": "DOUBLE", "stratum": "VARCHAR", "unit": "VARCHAR"
    }]'), recursive := true)
),

automatic AS (
    SELECT
        s.trace_id, s.span_id,
        min((score_label = 'supported')::INTEGER) AS supported,
        concat_ws(' ', any_value(evaluator), any_value(evaluator_version), any_value(threshold)) AS evaluator
    FROM support AS s
    SEMI JOIN labels AS l ON l.trace_id = s.trace_id AND l.span_id = s.span_id
    WHERE score_value IS NOT NULL
    GROUP BY ALL
),

judged AS (
    SELECT
        coalesce(c.request_model, c.response_model) AS model,
        l.stratum,
        coalesce(l.unit, c.user_id, c.conversation_id, c.trace_id) AS unit,
        coalesce(l.weight, 1) AS weight,
        l.label,
        a.supported,
        a.evaluator
    FROM genai_calls AS c
    JOIN labels AS l ON l.trace_id = c.trace_id AND l.span_id = c.span_id
    LEFT JOIN automatic AS a ON a.trace_id = c.trace_id AND a.span_id = c.span_id
    WHERE l.label IS NOT NULL
      AND c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
)
