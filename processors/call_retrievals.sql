-- The retrievals of some traces that succeeded. Reads genai_retrievals.
SELECT trace_id, span_id, start_unix_ns, end_unix_ns, query, documents
FROM genai_retrievals
SEMI JOIN (SELECT unnest($ids) AS trace_id) AS wanted USING (trace_id)
WHERE error_type IS NULL
