-- Input that the provider's cache would have held. A part is a tool list, the instructions or one message; `prefix` names the
-- parts of a request from its first to this one; it was seen when an earlier call with the same prefix had ended.
WITH rules AS (
    SELECT unnest(from_json(
        $rules::JSON,
        '[{"price_id": "VARCHAR", "minimum": "BIGINT", "step": "BIGINT", "lifetime_ns": "BIGINT", "longest_ns": "BIGINT",
           "automatic": "BOOLEAN"}]'
    ), recursive := true)
),

rates AS (
    SELECT unnest(from_json(
        $rates::JSON,
        '[{"target": "VARCHAR", "currency": "VARCHAR", "from_unix_ns": "BIGINT", "until_unix_ns": "BIGINT",
           "from_ns_of_day": "BIGINT", "until_ns_of_day": "BIGINT", "above_tokens": "BIGINT", "up_to_tokens": "BIGINT",
           "cache_read_rate": "DOUBLE", "cache_write_rate": "DOUBLE"}]'
    ), recursive := true)
),

candidates AS (
    SELECT p.*, r.* EXCLUDE (price_id)
    FROM priced AS p
    JOIN rules AS r USING (price_id)
    WHERE p.input_cost > 0
      AND p.input_tokens_total >= r.minimum
      -- Where caching needs no asking, a call that does not report it may have been cheaper already.
      AND NOT (r.automatic AND p.cache_read_tokens IS NULL)
),

contents AS (
    -- Hashed before anything is joined: texts are long.
    SELECT
        trace_id,
        span_id,
        end_unix_ns,
        workflow_name,
        coalesce(cache_write_tokens, 0) AS written_before,
        list_concat(
            list_filter([tool_definitions, system_instructions], lambda x: x IS NOT NULL),
            CASE WHEN json_valid(input_messages) THEN json_extract(input_messages, '$[*]')::VARCHAR[] ELSE [input_messages] END
        ) AS parts,
        list_transform(parts, lambda x: hash(x)) AS hashes,
        list_transform(parts, lambda x: length(x)) AS lengths
    FROM genai_calls
    SEMI JOIN candidates USING (trace_id, span_id)
    WHERE content_state = 'present' AND input_messages IS NOT NULL AND error_type IS NULL
),

measured AS (
    SELECT
        c.service_name AS service,
        c.operation,
        coalesce(c.agent_name, t.workflow_name) AS agent,
        c.* EXCLUDE (service_name, operation, agent_name, tag),
        row_number() OVER () AS number,
        greatest(t.end_unix_ns, c.start_unix_ns) AS end_unix_ns,
        coalesce(c.cache_read_tokens, 0) AS cached,
        t.written_before,
        c.input_tokens_total - cached - t.written_before AS uncached,
        t.hashes,
        t.lengths,
        c.input_tokens_total / nullif(list_sum(t.lengths), 0) AS tokens_per_character
    FROM candidates AS c
    JOIN (SELECT * EXCLUDE (parts) FROM contents) AS t USING (trace_id, span_id)
),

boundaries AS (
    SELECT
        number, start_unix_ns, end_unix_ns, lifetime_ns, longest_ns,
        hash(service, price_id, list_slice(hashes, 1, part)) AS prefix,
        list_sum(list_slice(lengths, 1, part)) AS characters
    FROM (SELECT *, unnest(range(1, len(hashes) + 1)) AS part FROM measured)
),

seen AS (
    SELECT
        b.number,
        b.prefix,
        b.characters,
        b.start_unix_ns::HUGEINT - e.start_unix_ns <= b.lifetime_ns AS live,
        b.start_unix_ns::HUGEINT - e.start_unix_ns <= b.longest_ns AS live_longest
    FROM boundaries AS b
    ASOF LEFT JOIN (SELECT prefix, start_unix_ns, end_unix_ns FROM boundaries) AS e
        ON b.prefix = e.prefix AND b.start_unix_ns > e.end_unix_ns
),

repeated AS (
    SELECT
        number,
        max(characters) FILTER (live) AS read,
        max(characters) FILTER (live_longest) AS read_longest,
        -- What is read by any call has to be written by those that do not find it.
        max(characters) FILTER (prefix IN (SELECT prefix FROM seen WHERE live)) AS marked
    FROM seen
    GROUP BY number
),

spread AS (
    SELECT
        service, operation, agent, provider, model, price_id, currency,
        quantile_cont(tokens_per_character, 0.1) AS fewest,
        quantile_cont(tokens_per_character, 0.9) AS most
    FROM measured
    GROUP BY ALL
),

counted AS (
    SELECT
        m.*,
        read * tokens_per_character AS read_tokens,
        read * least(tokens_per_character, s.fewest) AS read_least,
        read_longest * greatest(tokens_per_character, s.most) AS read_most,
        marked * tokens_per_character AS marked_tokens,
        input_cost::DOUBLE / nullif(uncached, 0) AS input_rate,
        t.cache_read_rate,
        t.cache_write_rate
    FROM measured AS m
    JOIN repeated USING (number)
    JOIN spread AS s
        ON s.service IS NOT DISTINCT FROM m.service AND s.operation IS NOT DISTINCT FROM m.operation
        AND s.agent IS NOT DISTINCT FROM m.agent AND s.provider IS NOT DISTINCT FROM m.provider
        AND s.model IS NOT DISTINCT FROM m.model AND s.price_id = m.price_id AND s.currency = m.currency
    JOIN rates AS t
        ON t.target = m.price_id AND t.currency = m.currency
        AND m.start_unix_ns >= t.from_unix_ns AND m.start_unix_ns < t.until_unix_ns
        AND m.start_unix_ns % 86_400_000_000_000 >= t.from_ns_of_day
        AND m.start_unix_ns % 86_400_000_000_000 < t.until_ns_of_day
        AND m.input_tokens_total > t.above_tokens AND m.input_tokens_total <= t.up_to_tokens
),

hits AS (
    SELECT
        *,
        list_transform(
            [read_tokens, read_least, read_most],
            lambda x: CASE WHEN x >= minimum THEN greatest(0, least(x - x % step - cached, uncached)) ELSE 0 END
        ) AS newly,  -- tokens read from the cache that were not: as counted, at least, at most
        greatest(0, input_rate - cache_read_rate) AS gain,
        CASE
            WHEN marked_tokens >= minimum
            THEN greatest(0, least(
                marked_tokens - greatest(CASE WHEN read_tokens >= minimum THEN read_tokens ELSE 0 END, cached) - written_before,
                uncached
            ))
                * greatest(0, cache_write_rate - input_rate)
            ELSE 0
        END AS written
    FROM counted
),

net AS (
    SELECT *, greatest(0, 1 - sum(written) OVER task / nullif(sum(newly[1] * gain) OVER task, 0)) AS kept
    FROM hits
    WINDOW task AS (PARTITION BY service, operation, agent, provider, model, price_id, currency)
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
    CAST(newly[1] AS BIGINT) AS tokens,
    least(total_cost, (newly[1] * gain * kept)::DECIMAL(38, 12)::DECIMAL(38, 18)) AS saved,
    least(total_cost, (newly[2] * gain * kept)::DECIMAL(38, 12)::DECIMAL(38, 18)) AS low,
    least(total_cost, (greatest(newly[1], newly[3]) * gain * kept)::DECIMAL(38, 12)::DECIMAL(38, 18)) AS high
FROM net
WHERE greatest(newly[1], newly[3]) * gain * kept > 0
