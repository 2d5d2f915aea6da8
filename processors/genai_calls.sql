-- One row per call. Of several records the shortest is closest to the wire: it gives the row, the others fill its gaps.
-- Reads genai_call_records and genai_call_groups.
WITH grouped AS (
    SELECT r.*, g.dedupe_group
    FROM genai_call_records AS r
    LEFT JOIN genai_call_groups AS g ON g.trace_id = r.trace_id AND g.span_id = r.span_id
), merged AS (
    SELECT
        any_value(COLUMNS(* EXCLUDE (dedupe_group, request_params)) ORDER BY duration_ns, span_id),
        arg_max(request_params, length(request_params)) AS request_params,
        dedupe_group
    FROM grouped
    WHERE dedupe_group IS NOT NULL
    GROUP BY dedupe_group
), calls AS (
    SELECT * FROM grouped WHERE dedupe_group IS NULL
    UNION ALL BY NAME
    SELECT * FROM merged
)
SELECT
    *,
    CASE WHEN coalesce(input_tokens_total, output_tokens_total) IS NULL THEN 'missing' ELSE 'reported' END
        AS tokens_source,
    CASE
        WHEN coalesce(system_instructions, input_messages, output_messages) IS NOT NULL THEN 'present'
        WHEN content_reference IS NOT NULL THEN 'external_ref'
        ELSE 'absent'
    END AS content_state
FROM calls
