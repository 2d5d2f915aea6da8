-- Calls at the price of another model. A task changes as a whole: where some of its calls would cost more, what the others
-- save is reduced by that.
WITH targets AS (
    SELECT unnest(from_json(
        $targets::JSON,
        '[{"service": "VARCHAR", "operation": "VARCHAR", "agent": "VARCHAR", "provider": "VARCHAR", "model": "VARCHAR",
           "price_id": "VARCHAR", "target": "VARCHAR", "certain": "DOUBLE", "output_ratio": "DOUBLE"}]'
    ), recursive := true)
),

rates AS (
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
        coalesce(c.cache_write_tokens, 0) AS written,
        coalesce(p.cache_read_tokens, 0) AS read,
        coalesce(c.cache_write_1h_tokens, 0) + coalesce(c.input_audio_tokens, 0) + coalesce(c.output_audio_tokens, 0)
            + coalesce(c.input_image_tokens, 0) + coalesce(c.output_image_tokens, 0) AS other_tokens
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    WHERE p.total_cost > 0
),

compared AS (
    SELECT
        c.* EXCLUDE (tag),
        t.target,
        t.certain,
        CAST(CASE WHEN coalesce(output_tokens_total, 0) = 0 THEN 0 ELSE output_tokens_total * r.output_rate END AS DECIMAL(38, 18))
            AS target_output,
        greatest(0, t.output_ratio - 1) AS more_output,
        c.total_cost - (
            (c.input_tokens_total - read - written)::BIGINT * r.input_rate + read * r.cache_read_rate
            + written * r.cache_write_rate + target_output + r.request_fee
        ) AS difference
    FROM calls AS c
    JOIN targets AS t
        ON t.service IS NOT DISTINCT FROM c.service AND t.operation IS NOT DISTINCT FROM c.operation
        AND t.agent IS NOT DISTINCT FROM c.agent AND t.provider IS NOT DISTINCT FROM c.provider
        AND t.model IS NOT DISTINCT FROM c.model AND t.price_id = c.price_id
    JOIN rates AS r
        ON r.target = t.target AND r.currency = c.currency
        AND c.start_unix_ns >= r.from_unix_ns AND c.start_unix_ns < r.until_unix_ns
        AND c.start_unix_ns % 86_400_000_000_000 >= r.from_ns_of_day
        AND c.start_unix_ns % 86_400_000_000_000 < r.until_ns_of_day
        AND c.input_tokens_total > r.above_tokens AND c.input_tokens_total <= r.up_to_tokens
    WHERE other_tokens = 0
      AND read + written <= c.input_tokens_total
      AND (r.output_rate IS NOT NULL OR coalesce(output_tokens_total, 0) = 0)
),

net AS (
    SELECT
        *,
        greatest(0, sum(difference) OVER task::DOUBLE) / nullif(sum(greatest(0, difference)) OVER task::DOUBLE, 0) AS kept
    FROM compared
    WINDOW task AS (PARTITION BY service, operation, agent, provider, model, price_id, currency, target)
),

scaled AS (
    SELECT
        *,
        CASE WHEN kept = 1 THEN difference ELSE CAST(difference::DOUBLE * kept AS DECIMAL(38, 18)) END AS saved
    FROM net
    WHERE difference > 0 AND kept > 0
)

SELECT
    service,
    operation,
    agent,
    provider,
    model,
    price_id,
    target AS variant,
    currency,
    trace_id,
    span_id,
    total_cost AS cost,
    TRY_CAST(input_tokens_total::HUGEINT + coalesce(output_tokens_total, 0) AS BIGINT) AS tokens,
    CAST(saved AS DECIMAL(38, 18)) AS saved,
    CAST(certain * greatest(0, saved::DOUBLE - target_output::DOUBLE * more_output) AS DECIMAL(38, 18)) AS low,
    CAST(saved AS DECIMAL(38, 18)) AS high
FROM scaled
