-- Calls whose request was answered before: of equal requests, the first in each period of $within_ns is paid for.
WITH requests AS (
    SELECT
        trace_id,
        span_id,
        end_unix_ns,
        workflow_name,
        TRY_CAST(json_extract_string(request_params, '$.temperature') AS DOUBLE) AS temperature,
        -- Hashed before anything is joined: texts are long. No JSON text has this character in it.
        md5(concat(
            system_instructions, chr(31), input_messages, chr(31), tool_definitions, chr(31), request_params
        )) AS content
    FROM genai_calls
    WHERE content_state = 'present'  -- redacted requests may have become equal
      AND input_messages IS NOT NULL
      AND error_type IS NULL
),

asked AS (
    SELECT
        p.service_name AS service, p.operation, p.provider, p.model, p.price_id, p.currency, p.trace_id, p.span_id,
        p.start_unix_ns, p.input_tokens_total, p.output_tokens_total, p.total_cost,
        coalesce(p.agent_name, r.workflow_name) AS agent,
        greatest(r.end_unix_ns, p.start_unix_ns) AS end_unix_ns,
        p.operation = 'embeddings' OR coalesce(temperature = 0, false) AS settled,
        md5_number(concat(
            content, chr(31), p.service_name, chr(31), p.operation, chr(31), p.provider, chr(31), p.request_model, chr(31),
            p.response_model, chr(31), p.price_id, chr(31), p.currency
        )) AS request
    FROM priced AS p
    JOIN requests AS r USING (trace_id, span_id)
    WHERE p.total_cost > 0
),

placed AS (
    SELECT
        *,
        (start_unix_ns::HUGEINT - min(start_unix_ns) OVER (PARTITION BY request)) // $within_ns::BIGINT AS period
    FROM asked
    SEMI JOIN (SELECT request FROM asked GROUP BY request HAVING count(*) > 1) USING (request)
),

answered AS (
    SELECT *, first_value(end_unix_ns) OVER same AS first_end, row_number() OVER same AS number
    FROM placed
    WINDOW same AS (PARTITION BY request, period ORDER BY start_unix_ns, trace_id, span_id)
)

SELECT
    service,
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
