-- The calls whose answers may be scored: generated, and without an error. Reads genai_calls.
SELECT
    trace_id, span_id, start_unix_ns, end_unix_ns, service_name, request_model, response_model, conversation_id,
    system_instructions, input_messages, output_messages, retrieved_context, content_state, receive_day
FROM genai_calls
WHERE operation IN ('chat', 'text_completion', 'generate_content') AND error_type IS NULL
ORDER BY trace_id, start_unix_ns, span_id
