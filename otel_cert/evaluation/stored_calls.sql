-- What was said in the calls of some traces. Reads genai_calls.
SELECT
    trace_id, span_id, start_unix_ns, end_unix_ns, conversation_id, system_instructions, input_messages, output_messages,
    retrieved_context, content_state, service_name AS service, coalesce(response_model, request_model) AS model, provider,
    operation, environment, agent_name AS agent, user_id AS user
FROM genai_calls
SEMI JOIN (SELECT unnest($ids) AS trace_id) AS wanted USING (trace_id)
ORDER BY trace_id, start_unix_ns, span_id
