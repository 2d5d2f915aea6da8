-- One row per retrieval from a data source. Reads genai_spans.
WITH sent AS (
    SELECT
        *,
        CASE json_type(retrieval_documents)
            WHEN 'ARRAY' THEN retrieval_documents
            WHEN 'OBJECT' THEN json_extract(retrieval_documents, '$.documents')
        END AS found
    FROM genai_spans
    WHERE operation = 'retrieval'
)
SELECT
    trace_id, span_id, parent_span_id, start_unix_ns, end_unix_ns, service_name,
    data_source_id,
    CASE WHEN json_valid(retrieval_query) AND json_type(retrieval_query) = 'OBJECT'
        THEN coalesce(json_extract_string(retrieval_query, '$.query'), retrieval_query)
        ELSE retrieval_query END AS query,
    to_json(list_transform(json_extract(found, '$[*]'), lambda d: {
        'id': json_extract_string(d, '$.id'),
        'text': coalesce(d ->> '$.text', d ->> '$.content', d ->> '$.page_content'),
        'score': TRY_CAST(d ->> '$.score' AS DOUBLE),
        'metadata': d -> '$.metadata'
    }))::VARCHAR AS documents,
    error_type,
    receive_day
FROM sent
