-- Tasks: service x operation x agent x model, by price.
WITH described AS (
    SELECT
        p.service_name AS service,
        p.operation,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        p.provider,
        p.model,
        p.price_id,
        p.currency,
        p.total_cost,
        p.cache_read_tokens,
        p.output_tokens_total,
        p.input_tokens_total::HUGEINT + coalesce(p.output_tokens_total, 0) AS tokens,
        c.content_state = 'present' AS has_content
    FROM priced AS p
    LEFT JOIN genai_calls AS c USING (trace_id, span_id)
)

SELECT
    service, operation, agent, provider, model, price_id, currency,
    count(*) AS calls,
    count(*) FILTER (has_content) AS with_content,
    count(cache_read_tokens) AS with_cache_counts,
    count(total_cost) AS priced_calls,
    CAST(sum(total_cost) AS DECIMAL(38, 18)) AS cost,
    TRY_CAST(max(tokens) AS BIGINT) AS longest,
    TRY_CAST(round(avg(output_tokens_total)) AS BIGINT) AS mean_output
FROM described
GROUP BY ALL
ORDER BY cost DESC NULLS LAST, calls DESC, service, operation, agent, provider, model, price_id, currency
