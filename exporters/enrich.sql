-- What is added to the spans of `wanted`: one row per call. The time bounds let DuckDB skip files of calls.
SELECT
    c.trace_id,
    c.span_id,
    c.operation,
    c.provider,
    c.request_model,
    c.response_model,
    c.response_id,
    c.conversation_id,
    c.agent_name,
    c.ttft_s,
    c.error_type,
    CASE WHEN c.tokens_source = 'reported' THEN c.input_tokens_total END AS input_tokens,
    CASE WHEN c.tokens_source = 'reported' THEN c.output_tokens_total END AS output_tokens,
    c.cache_read_tokens,
    c.cache_write_tokens,
    c.reasoning_tokens,
    c.dialect,
    c.dedupe_group,
    c.error_class,
    p.total_cost,
    p.input_cost,
    p.cache_read_cost,
    p.cache_write_cost,
    p.output_cost,
    p.currency,
    CASE WHEN p.trace_id IS NULL THEN 'not_processed' ELSE p.reason END AS cost_reason,
    p.price_id,
    p.price_source,
    p.price_version
FROM genai_calls AS c
SEMI JOIN wanted AS w ON w.trace_id = c.trace_id AND w.span_id = c.span_id
LEFT JOIN costs AS p ON p.trace_id = c.trace_id AND p.span_id = c.span_id
WHERE c.start_unix_ns BETWEEN $first_ns AND $last_ns
