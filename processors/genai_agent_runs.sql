-- One row per agent or workflow run; their tokens repeat those of their calls and are not read. Reads genai_spans.
SELECT
    trace_id, span_id, parent_span_id, start_unix_ns, end_unix_ns, service_name,
    operation,
    agent_name,
    agent_id,
    workflow_name,
    conversation_id,
    error_type,
    receive_day
FROM genai_spans
WHERE operation IN ('invoke_agent', 'invoke_workflow', 'create_agent')
