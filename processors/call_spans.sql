-- Which span is below which, and the context recorded with a span, of some traces. Reads spans.
SELECT trace_id, span_id, parent_span_id, attributes['gen_ai.prompt.variable.context'] AS recorded
FROM spans
SEMI JOIN (SELECT unnest($ids) AS trace_id) AS wanted USING (trace_id)
