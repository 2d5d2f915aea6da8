-- A simple random sample, the same each time.
SELECT
    trace_id, span_id, count(*) OVER () AS eligible,
    left(md5(concat($seed, coalesce(user_id, conversation_id, trace_id))), 12) AS unit
FROM genai_calls
WHERE content_state = 'present' AND error_type IS NULL AND error_class IS NULL
  AND operation IN ('chat', 'text_completion', 'generate_content')
  AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
ORDER BY md5(concat($seed, trace_id, span_id)), trace_id, span_id
LIMIT $size
