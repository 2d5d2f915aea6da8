-- The evaluations computed here of the spans of `wanted`, in the order of these; those received are sent on as logs.
SELECT w.position, w.sequence, w.end_unix_ns, w.received_unix_ns, e.*, c.response_id, $store AS store
FROM evaluations AS e
JOIN wanted AS w ON w.trace_id = e.trace_id AND w.span_id = e.span_id
LEFT JOIN genai_calls AS c ON c.trace_id = e.trace_id AND c.span_id = e.span_id
WHERE NOT e.received
    -- Nobody is told of every call that has nothing to be evaluated.
    AND e.error_type IS DISTINCT FROM 'no_content' AND e.error_type IS DISTINCT FROM 'no_answer'
    AND e.error_type IS DISTINCT FROM 'no_context'
ORDER BY w.position, e.evaluation_name, e.evaluator, e.evaluator_version
