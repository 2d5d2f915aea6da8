-- One row per call: its tokens times the price that held when it started. Reads genai_calls and prices (see cost.py).
WITH calls AS (
    SELECT
        *,
        coalesce(cache_read_tokens, 0)::HUGEINT + coalesce(cache_write_tokens, 0) AS cached_tokens,
        -- Embeddings have no output; elsewhere no output count means that the cost is unknown.
        coalesce(output_tokens_total, CASE WHEN operation = 'embeddings' THEN 0 END) AS output_tokens,
        coalesce(cached_tokens <= input_tokens_total AND output_tokens IS NOT NULL, false) AS countable
    FROM genai_calls
), amounts AS (
    SELECT
        c.*,
        p.* EXCLUDE (provider, request_model, response_model),
        -- Input of which nobody said how much was cached is priced as uncached.
        (c.input_tokens_total - c.cached_tokens)::BIGINT * p.input_rate AS input_cost,
        c.cache_read_tokens * p.cache_read_rate AS cache_read_cost,
        c.cache_write_tokens * p.cache_write_rate AS cache_write_cost,
        CASE WHEN c.output_tokens = 0 AND p.price_id IS NOT NULL THEN 0 ELSE c.output_tokens * p.output_rate END AS output_cost
    FROM calls AS c
    LEFT JOIN prices AS p
        ON p.provider IS NOT DISTINCT FROM c.provider
        AND p.response_model IS NOT DISTINCT FROM c.response_model
        AND p.request_model IS NOT DISTINCT FROM c.request_model
        AND c.countable
        AND c.start_unix_ns >= p.from_unix_ns AND c.start_unix_ns < p.until_unix_ns
        AND c.start_unix_ns % 86_400_000_000_000 >= p.from_ns_of_day
        AND c.start_unix_ns % 86_400_000_000_000 < p.until_ns_of_day
        AND (p.output_rate IS NOT NULL OR c.output_tokens = 0)
        AND c.input_tokens_total > p.above_tokens AND c.input_tokens_total <= p.up_to_tokens
)
SELECT
    trace_id,
    span_id,
    currency,
    input_cost,
    cache_read_cost,
    cache_write_cost,
    output_cost,
    input_cost + coalesce(cache_read_cost, 0) + coalesce(cache_write_cost, 0) + output_cost + request_fee AS total_cost,
    CASE
        WHEN NOT countable THEN 'no_tokens'
        WHEN coalesce(response_model, request_model) IS NULL THEN 'no_model'
        WHEN price_id IS NULL THEN 'no_price'
        WHEN tokens_source = 'estimated' THEN 'estimated_tokens'
    END AS reason,
    price_id,
    price_source,
    price_version,
    receive_day,
    {
        'start_unix_ns': start_unix_ns,
        'provider': provider,
        'request_model': request_model,
        'response_model': response_model,
        'service_name': service_name,
        'input_tokens_total': input_tokens_total,
        'cache_read_tokens': cache_read_tokens,
        'output_tokens_total': output_tokens_total
    } AS call,
    nullif(request_fee, 0) AS request_cost,
    NULL::VARCHAR AS price_variant,
    {
        'operation': operation,
        'environment': environment,
        'user_id': user_id,
        'conversation_id': conversation_id,
        'agent_name': agent_name
    } AS attribution
FROM amounts
