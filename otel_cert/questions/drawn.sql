-- A simple random sample, the same each time.
WITH eligible AS (
    SELECT trace_id, span_id, coalesce(user_id, conversation_id, trace_id) AS unit
    FROM genai_calls
    WHERE content_state = 'present' AND error_type IS NULL AND error_class IS NULL
      AND operation IN ('chat', 'text_completion', 'generate_content')
      AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

drawn AS (
    SELECT *, md5(concat($seed, trace_id, span_id)) AS place
    FROM eligible
    ORDER BY place, trace_id, span_id
    LIMIT $size
)

SELECT
    trace_id, span_id, (SELECT count(*) FROM eligible) AS eligible, left(md5(concat($seed, unit)), 12) AS unit
FROM drawn
ORDER BY place, trace_id, span_id
