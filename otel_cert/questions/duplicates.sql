-- One row: how many records of the calls in `priced` are in `genai_duplicates`, and not counted.
WITH removed AS (
    SELECT call_trace_id AS trace_id, call_span_id AS span_id, count(*) AS records
    FROM genai_duplicates
    GROUP BY ALL
)

SELECT count(*) AS duplicated_calls, CAST(coalesce(sum(records), 0) AS BIGINT) AS duplicates
FROM priced
JOIN removed USING (trace_id, span_id)
