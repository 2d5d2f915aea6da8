-- The calls, each with what keeps its answers from being scored, and whether it has figures of its own. Reads genai_calls,
-- token_entropy.
SELECT
    trace_id, span_id, receive_day, service_name, request_model, response_model, conversation_id,
    system_instructions, input_messages, output_messages,
    CASE
        WHEN error_type IS NOT NULL OR error_class IS NOT NULL THEN 'failed_call'
        WHEN operation = 'embeddings' THEN 'embeddings'
        WHEN output_messages IS NULL OR content_state <> 'present' THEN 'no_content'
    END AS reason,
    r.known IS NOT NULL AS recorded
FROM genai_calls
LEFT JOIN (
    SELECT trace_id, span_id, true AS known
    FROM token_entropy
    WHERE source = 'recorded' AND n_known > 0
    GROUP BY ALL
) AS r USING (trace_id, span_id)
ORDER BY trace_id, start_unix_ns, span_id
