-- Calls that generate text and did not fail.
WITH generating AS (
    SELECT trace_id, span_id, start_unix_ns
    FROM genai_calls
    WHERE operation IN ('chat', 'text_completion', 'generate_content') AND error_type IS NULL
)

SELECT g.trace_id, g.span_id, g.start_unix_ns
FROM generating AS g
SEMI JOIN priced AS p ON p.trace_id = g.trace_id AND p.span_id = g.span_id
ORDER BY g.trace_id, g.start_unix_ns, g.span_id
