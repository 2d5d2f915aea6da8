-- One row per tool run by the application. Reads genai_spans.
SELECT
    trace_id, span_id, parent_span_id, start_unix_ns, end_unix_ns, service_name,
    tool_name,
    tool_call_id,
    tool_arguments AS arguments,
    tool_result AS result,
    error_type,
    receive_day
FROM genai_spans
WHERE operation = 'execute_tool'
