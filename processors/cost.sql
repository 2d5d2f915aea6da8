-- One row per call: its units times the price that held when it started. Reads genai_calls and prices (see cost.py).
WITH calls AS (
    SELECT
        trace_id, span_id, receive_day, start_unix_ns, duration_ns, provider, request_model, response_model, service_name,
        operation, environment, user_id, conversation_id, agent_name, service_tier, tokens_source, input_tokens_total,
        cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, input_audio_tokens, input_image_tokens,
        output_tokens_total, reasoning_tokens, output_audio_tokens, output_image_tokens,
        coalesce(cache_read_tokens, 0)::HUGEINT + coalesce(cache_write_tokens, 0) AS cached_tokens,
        -- Embeddings have no output; elsewhere no output count means that the cost is unknown.
        coalesce(output_tokens_total, CASE WHEN operation = 'embeddings' THEN 0 END) AS output_tokens,
        coalesce(cached_tokens <= input_tokens_total AND output_tokens IS NOT NULL, false) AS countable
    FROM genai_calls
), amounts AS (
    SELECT
        c.*,
        p.* EXCLUDE (provider, request_model, response_model, service_tier),
        -- Own hardware is paid by the time; all else by tokens that have to be known and to have a price.
        p.second_rate IS NOT NULL AND c.duration_ns IS NOT NULL
        OR c.countable AND p.second_rate IS NULL
            AND (p.input_rate IS NOT NULL OR c.input_tokens_total = 0)
            AND (p.output_rate IS NOT NULL OR c.output_tokens = 0) AS priced,
        CASE WHEN priced THEN
            -- Input of which nobody said how much was cached is priced as uncached.
            coalesce((c.input_tokens_total - c.cached_tokens)::BIGINT * p.input_rate, 0)
            + CASE WHEN c.input_audio_tokens > 0 THEN c.input_audio_tokens * (p.input_audio_rate - p.input_rate) ELSE 0 END
            + CASE WHEN c.input_image_tokens > 0 THEN c.input_image_tokens * (p.input_image_rate - p.input_rate) ELSE 0 END
        END AS input_cost,
        CASE WHEN priced THEN c.cache_read_tokens * p.cache_read_rate END AS cache_read_cost,
        CASE WHEN priced THEN
            c.cache_write_tokens * p.cache_write_rate
            + CASE WHEN c.cache_write_1h_tokens > 0
                THEN c.cache_write_1h_tokens * (p.cache_write_1h_rate - p.cache_write_rate) ELSE 0 END
        END AS cache_write_cost,
        CASE WHEN priced THEN
            coalesce(c.output_tokens * p.output_rate, 0)
            + CASE WHEN c.reasoning_tokens > 0 THEN c.reasoning_tokens * (p.reasoning_rate - p.output_rate) ELSE 0 END
            + CASE WHEN c.output_audio_tokens > 0
                THEN c.output_audio_tokens * (p.output_audio_rate - p.output_rate) ELSE 0 END
            + CASE WHEN c.output_image_tokens > 0
                THEN c.output_image_tokens * (p.output_image_rate - p.output_rate) ELSE 0 END
        END AS output_cost,
        CASE WHEN priced THEN p.request_rate END AS request_cost,
        CASE WHEN priced THEN (c.duration_ns * p.second_rate / 1_000_000_000)::DECIMAL(38, 18) END AS time_cost
    FROM calls AS c
    LEFT JOIN prices AS p
        ON p.provider IS NOT DISTINCT FROM c.provider
        AND p.response_model IS NOT DISTINCT FROM c.response_model
        AND p.request_model IS NOT DISTINCT FROM c.request_model
        AND p.service_tier IS NOT DISTINCT FROM c.service_tier
        AND c.start_unix_ns >= p.from_unix_ns AND c.start_unix_ns < p.until_unix_ns
        AND c.start_unix_ns % 86_400_000_000_000 >= p.from_ns_of_day
        AND c.start_unix_ns % 86_400_000_000_000 < p.until_ns_of_day
        AND coalesce(c.input_tokens_total, 0) > p.above_tokens AND coalesce(c.input_tokens_total, 0) <= p.up_to_tokens
)
SELECT
    trace_id,
    span_id,
    CASE WHEN priced THEN currency END AS currency,
    input_cost,
    cache_read_cost,
    cache_write_cost,
    output_cost,
    input_cost + coalesce(cache_read_cost, 0) + coalesce(cache_write_cost, 0) + output_cost + coalesce(request_cost, 0)
        + coalesce(time_cost, 0) AS total_cost,
    CASE
        WHEN priced AND second_rate IS NOT NULL THEN NULL
        WHEN NOT countable THEN 'no_tokens'
        WHEN coalesce(response_model, request_model) IS NULL THEN 'no_model'
        WHEN NOT coalesce(priced, false) THEN 'no_price'
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
    request_cost,
    time_cost,
    price_variant,
    {
        'operation': operation,
        'environment': environment,
        'user_id': user_id,
        'conversation_id': conversation_id,
        'agent_name': agent_name
    } AS attribution
FROM amounts
