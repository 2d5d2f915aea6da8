-- Calls whose request was answered before: of equal requests, the first in each period of $within_ns is paid for.
WITH asked AS (
    SELECT
        p.*,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        greatest(c.end_unix_ns, p.start_unix_ns) AS end_unix_ns,
        p.operation = 'embeddings'
            OR coalesce(TRY_CAST(json_extract_string(c.request_params, '$.temperature') AS DOUBLE) = 0, false) AS settled,
        md5_number(to_json([
            p.service_name, p.operation, p.provider, p.request_model, p.response_model, p.price_id, p.currency,
            c.system_instructions, c.input_messages, c.tool_definitions, c.request_params
        ])::VARCHAR) AS request
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    WHERE p.total_cost > 0
      AND c.error_type IS NULL
      AND c.content_state = 'present'  -- redacted requests may have become equal
      AND c.input_messages IS NOT NULL
),

placed AS (
    SELECT
        *,
        (start_unix_ns::HUGEINT - min(start_unix_ns) OVER (PARTITION BY request)) // $within_ns::BIGINT AS period
    FROM asked
),

answered AS (
    SELECT *, first_value(end_unix_ns) OVER same AS first_end, row_number() OVER same AS number
    FROM placed
    WINDOW same AS (PARTITION BY request, period ORDER BY start_unix_ns, trace_id, span_id)
)

SELECT
    service_name AS service,
    operation,
    agent,
    provider,
    model,
    price_id,
    CASE WHEN settled THEN 'same answer expected' ELSE 'answers may vary' END AS variant,
    currency,
    trace_id,
    span_id,
    total_cost AS cost,
    TRY_CAST(input_tokens_total::HUGEINT + coalesce(output_tokens_total, 0) AS BIGINT) AS tokens,
    total_cost AS saved,
    CAST(CASE WHEN settled THEN total_cost ELSE 0 END AS DECIMAL(38, 18)) AS low,
    total_cost AS high
FROM answered
WHERE number > 1 AND start_unix_ns >= first_end
