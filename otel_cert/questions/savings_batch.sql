-- Calls that nobody waits for, at the batch price.
WITH rates AS (
    SELECT unnest(from_json(
        $rates::JSON,
        '[{"target": "VARCHAR", "currency": "VARCHAR", "from_unix_ns": "BIGINT", "until_unix_ns": "BIGINT",
           "from_ns_of_day": "BIGINT", "until_ns_of_day": "BIGINT", "above_tokens": "BIGINT", "up_to_tokens": "BIGINT",
           "input_rate": "DECIMAL(38, 18)", "cache_read_rate": "DECIMAL(38, 18)", "cache_write_rate": "DECIMAL(38, 18)",
           "output_rate": "DECIMAL(38, 18)", "request_fee": "DECIMAL(38, 18)"}]'
    ), recursive := true)
),

calls AS (
    SELECT
        p.*,
        p.service_name AS service,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        c.streaming,
        coalesce(c.cache_write_tokens, 0) AS written,
        coalesce(p.cache_read_tokens, 0) AS read,
        coalesce(c.cache_write_1h_tokens, 0) + coalesce(c.input_audio_tokens, 0) + coalesce(c.output_audio_tokens, 0)
            + coalesce(c.input_image_tokens, 0) + coalesce(c.output_image_tokens, 0) AS other_tokens,
        c.streaming IS TRUE OR p.user_id IS NOT NULL OR p.conversation_id IS NOT NULL
            OR coalesce(list_contains(c.finish_reasons, 'tool_call'), false) AS awaited,
        o.price_variant
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    JOIN costs AS o USING (trace_id, span_id)
    WHERE p.total_cost > 0
),

judged AS (
    SELECT
        *,
        bool_or(awaited) OVER task AS task_awaited,
        count(*) OVER task AS task_calls,
        count(*) OVER (PARTITION BY service, operation, agent, provider, model, start_unix_ns // 60_000_000_000) >= $burst AS burst
    FROM calls
    WINDOW task AS (PARTITION BY service, operation, agent, provider, model)
),

patient AS (
    SELECT *, count(*) FILTER (burst) OVER (PARTITION BY service, operation, agent, provider, model) AS in_bursts
    FROM judged
    WHERE NOT task_awaited AND task_calls >= $least
),

compared AS (
    SELECT
        c.*,
        greatest(0, c.total_cost - (
            (c.input_tokens_total - read - written)::BIGINT * r.input_rate + read * r.cache_read_rate
            + written * r.cache_write_rate
            + CASE WHEN coalesce(c.output_tokens_total, 0) = 0 THEN 0 ELSE c.output_tokens_total * r.output_rate END
            + r.request_fee
        )) AS difference
    FROM patient AS c
    JOIN rates AS r
        ON r.target = c.price_id AND r.currency = c.currency
        AND c.start_unix_ns >= r.from_unix_ns AND c.start_unix_ns < r.until_unix_ns
        AND c.start_unix_ns % 86_400_000_000_000 >= r.from_ns_of_day
        AND c.start_unix_ns % 86_400_000_000_000 < r.until_ns_of_day
        AND c.input_tokens_total > r.above_tokens AND c.input_tokens_total <= r.up_to_tokens
    WHERE 2 * in_bursts >= task_calls
      AND other_tokens = 0
      AND read + written <= c.input_tokens_total
      AND coalesce(price_variant, '') NOT LIKE '%batch%'
)

SELECT
    service,
    operation,
    agent,
    provider,
    model,
    price_id,
    NULL::VARCHAR AS variant,
    currency,
    trace_id,
    span_id,
    total_cost AS cost,
    TRY_CAST(input_tokens_total::HUGEINT + coalesce(output_tokens_total, 0) AS BIGINT) AS tokens,
    CAST(CASE WHEN burst THEN difference ELSE 0 END AS DECIMAL(38, 18)) AS saved,
    CAST(CASE WHEN burst AND streaming IS FALSE THEN difference ELSE 0 END AS DECIMAL(38, 18)) AS low,
    CAST(difference AS DECIMAL(38, 18)) AS high
FROM compared
WHERE difference > 0
