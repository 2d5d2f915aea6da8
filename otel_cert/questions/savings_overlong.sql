-- Input far beyond what is usual for the task, answers cut at the limit, tools that are offered and never used.
WITH calls AS (
    SELECT
        p.* EXCLUDE (tag),
        p.service_name AS service,
        coalesce(p.agent_name, c.workflow_name) AS agent,
        coalesce(list_contains(c.finish_reasons, 'length'), false) AS cut,
        p.input_tokens_total - coalesce(p.cache_read_tokens, 0) - coalesce(c.cache_write_tokens, 0) AS uncached
    FROM priced AS p
    JOIN genai_calls AS c USING (trace_id, span_id)
    WHERE p.total_cost > 0 AND c.error_type IS NULL
),

tasks AS (
    SELECT
        service, operation, agent, provider, model,
        row_number() OVER () AS task,
        quantile_cont(input_tokens_total, 0.95) AS usual
    FROM calls
    GROUP BY service, operation, agent, provider, model
    HAVING count(*) >= $least
),

within_tasks AS (
    SELECT c.*, t.task, t.usual
    FROM calls AS c
    JOIN tasks AS t
        ON t.service IS NOT DISTINCT FROM c.service AND t.operation IS NOT DISTINCT FROM c.operation
        AND t.agent IS NOT DISTINCT FROM c.agent AND t.provider IS NOT DISTINCT FROM c.provider
        AND t.model IS NOT DISTINCT FROM c.model
),

offered AS (
    SELECT
        w.task,
        w.trace_id,
        w.span_id,
        CASE WHEN json_valid(c.tool_definitions) THEN c.tool_definitions END AS definitions,
        CASE WHEN json_valid(c.output_messages) THEN c.output_messages END AS answer,
        length(c.tool_definitions) + length(c.input_messages) + coalesce(length(c.system_instructions), 0) AS characters
    FROM within_tasks AS w
    JOIN (FROM genai_calls WHERE tool_definitions IS NOT NULL AND content_state = 'present') AS c USING (trace_id, span_id)
),

readable AS (
    SELECT task
    FROM offered
    GROUP BY task
    HAVING bool_and(definitions IS NOT NULL AND answer IS NOT NULL AND characters IS NOT NULL)  -- else a use may be hidden
),

used AS (
    SELECT DISTINCT task, unnest(json_extract_string(answer, '$[*].parts[*].name')) AS tool
    FROM offered
),

unused AS (
    SELECT trace_id, span_id, sum(length(definition::VARCHAR)) / any_value(characters) AS part
    FROM (
        SELECT task, trace_id, span_id, characters, unnest(json_extract(definitions, '$[*]')) AS definition
        FROM offered
        SEMI JOIN readable USING (task)
    )
    WHERE definition->>'name' IS NOT NULL
      AND (task, definition->>'name') NOT IN (SELECT (task, tool) FROM used WHERE tool IS NOT NULL)
    GROUP BY trace_id, span_id
),

excess AS (
    SELECT
        *,
        'long input' AS variant,
        least(input_tokens_total - usual, uncached)::DOUBLE AS tokens,
        tokens / nullif(uncached, 0) * input_cost::DOUBLE AS saved
    FROM within_tasks
    WHERE input_tokens_total > usual * $factor / 100 AND uncached > 0
    UNION ALL BY NAME
    SELECT *, 'answer cut at the limit' AS variant, output_tokens_total::DOUBLE AS tokens, output_cost::DOUBLE AS saved
    FROM within_tasks
    WHERE cut
    UNION ALL BY NAME
    SELECT
        *,
        'unused tools' AS variant,
        part * input_tokens_total AS tokens,
        part * (input_cost + coalesce(cache_read_cost, 0) + coalesce(cache_write_cost, 0))::DOUBLE AS saved
    FROM within_tasks
    JOIN unused USING (trace_id, span_id)
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
