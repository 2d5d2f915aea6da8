-- What was said in some calls, named as `TRACE_ID/SPAN_ID`. Reads genai_calls.
SELECT c.trace_id || '/' || c.span_id AS id, c.input_messages, c.output_messages, c.system_instructions, c.logprobs
FROM genai_calls AS c
JOIN (
    SELECT split_part(wanted, '/', 1) AS trace_id, split_part(wanted, '/', 2) AS span_id
    FROM (SELECT unnest($ids) AS wanted)
) AS w ON w.trace_id = c.trace_id AND w.span_id = c.span_id
