-- Input far beyond what is usual for the task, answers cut at the limit, tools that are offered and never used.
WITH calls AS (
    SELECT
        p.*,
        p.service_name AS service,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        c.finish_reasons,
        c.tool_definitions IS NOT NULL AS offers_tools,
        p.input_tokens_total - coalesce(p.cache_read_tokens, 0) - coalesce(c.cache_write_tokens, 0) AS uncached,
        (p.input_cost + coalesce(p.cache_read_cost, 0) + coalesce(p.cache_write_cost, 0))::DOUBLE AS all_input_cost,
        c.content_state = 'present' AND c.tool_definitions IS NOT NULL AND c.input_messages IS NOT NULL
            AND c.output_messages IS NOT NULL AND json_valid(c.tool_definitions) AND json_valid(c.output_messages) AS readable,
        CASE WHEN readable THEN c.tool_definitions END AS tool_definitions,
        CASE WHEN readable THEN c.output_messages END AS output_messages,
        CASE WHEN readable THEN
            length(c.tool_definitions) + length(c.input_messages) + coalesce(length(c.system_instructions), 0)
        END AS characters
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    WHERE p.total_cost > 0 AND c.error_type IS NULL
),

tasks AS (
    SELECT
        service, operation, agent, provider, model,
        quantile_cont(input_tokens_total, 0.95) AS usual,
        coalesce(bool_and(readable) FILTER (offers_tools), false) AS all_readable  -- else a use may be hidden
    FROM calls
    GROUP BY ALL
    HAVING count(*) >= $least
),

within_tasks AS (
    SELECT c.*, t.usual, t.all_readable
    FROM calls AS c
    JOIN tasks AS t
        ON t.service IS NOT DISTINCT FROM c.service AND t.operation IS NOT DISTINCT FROM c.operation
        AND t.agent IS NOT DISTINCT FROM c.agent AND t.provider IS NOT DISTINCT FROM c.provider
        AND t.model IS NOT DISTINCT FROM c.model
),

used AS (
    SELECT DISTINCT
        service, operation, agent, provider, model,
        unnest(json_extract_string(output_messages, '$[*].parts[*].name')) AS tool
    FROM within_tasks
    WHERE readable
),

offers AS (
    SELECT service, operation, agent, provider, model, trace_id, span_id, definition, json_extract_string(definition, '$.name') AS tool
    FROM (
        SELECT *, unnest(json_extract(tool_definitions, '$[*]')) AS definition
        FROM within_tasks
        WHERE readable AND all_readable
    )
),

unused AS (
    SELECT trace_id, span_id, sum(length(definition::VARCHAR)) AS characters
    FROM offers AS o
    WHERE tool IS NOT NULL AND NOT EXISTS (
        FROM used AS u
        WHERE u.service IS NOT DISTINCT FROM o.service AND u.operation IS NOT DISTINCT FROM o.operation
          AND u.agent IS NOT DISTINCT FROM o.agent AND u.provider IS NOT DISTINCT FROM o.provider
          AND u.model IS NOT DISTINCT FROM o.model AND u.tool = o.tool
    )
    GROUP BY trace_id, span_id
),

excess AS (
    SELECT
        * EXCLUDE (tag),
        'long input' AS variant,
        least(input_tokens_total - usual, uncached)::DOUBLE AS tokens,
        least(input_tokens_total - usual, uncached) / nullif(uncached, 0) * input_cost::DOUBLE AS saved
    FROM within_tasks
    WHERE input_tokens_total > usual * $factor / 100 AND uncached > 0
    UNION ALL BY NAME
    SELECT * EXCLUDE (tag), 'answer cut at the limit' AS variant, output_tokens_total::DOUBLE AS tokens, output_cost::DOUBLE AS saved
    FROM within_tasks
    WHERE list_contains(finish_reasons, 'length')
    UNION ALL BY NAME
    SELECT
        w.* EXCLUDE (tag),
        'unused tools' AS variant,
        u.characters / w.characters * input_tokens_total AS tokens,
        u.characters / w.characters * all_input_cost AS saved
    FROM within_tasks AS w
    JOIN unused AS u USING (trace_id, span_id)
)

SELECT
    service,
    operation,
    agent,
    provider,
    model,
    price_id,
    variant,
    currency,
    trace_id,
    span_id,
    total_cost AS cost,
    TRY_CAST(tokens AS BIGINT) AS tokens,
    least(total_cost, excess.saved::DECIMAL(38, 12)::DECIMAL(38, 18)) AS saved,
    CAST(0 AS DECIMAL(38, 18)) AS low,
    least(total_cost, excess.saved::DECIMAL(38, 12)::DECIMAL(38, 18)) AS high
FROM excess
WHERE saved > 0
