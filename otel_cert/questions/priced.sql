-- One row per call of the window that passes the filters, with its cost and the tag asked for. `costs` repeats what is
-- asked of its calls, so that nothing is joined, and no id is read, without tags; a call without a row in `costs` was not
-- processed. A tag is an attribute of the call's span, else of the root of its trace, else of its resource.
WITH keys AS (
    SELECT $tag::VARCHAR AS key, NULL::VARCHAR[] AS allowed
    WHERE $tag IS NOT NULL
    UNION ALL
    SELECT asked.key, asked.value
    FROM (SELECT unnest(map_entries(CAST($tags::JSON AS MAP(VARCHAR, VARCHAR[])))) AS asked)
),

roots AS (
    SELECT trace_id, any_value(attributes ORDER BY start_unix_ns, span_id) AS attributes
    FROM spans
    WHERE ($tag IS NOT NULL OR $tags IS NOT NULL) AND parent_span_id = ''
    GROUP BY trace_id
),

tags AS (
    SELECT
        trace_id,
        span_id,
        max(value) FILTER (allowed IS NULL) AS tag,
        bool_and(allowed IS NULL OR coalesce(list_contains(allowed, value), false)) AS wanted
    FROM (
        SELECT
            s.trace_id,
            s.span_id,
            allowed,
            coalesce(
                s.attributes[key],
                s.attributes['traceloop.association.properties.' || key],
                TRY_CAST(TRY_CAST(s.attributes['metadata'] AS JSON) AS MAP(VARCHAR, VARCHAR))[key],
                r.attributes[key],
                s.resource_attributes[key]
            ) AS value
        FROM spans AS s
        CROSS JOIN keys
        LEFT JOIN roots AS r ON r.trace_id = s.trace_id
        WHERE $tag IS NOT NULL OR $tags IS NOT NULL
    )
    GROUP BY trace_id, span_id
),

-- A join with nothing reads nothing; a filter by a subquery would read every row.
unprocessed AS (
    SELECT true AS any_call
    WHERE (SELECT count(*) FROM costs) < (SELECT count(*) FROM genai_calls)
),

stored AS (
    SELECT
        trace_id, span_id, currency, input_cost, cache_read_cost, cache_write_cost, output_cost, request_cost, total_cost,
        coalesce(reason, 'not_stated') AS reason, price_id, call.*, attribution.*
    FROM costs
    UNION ALL BY NAME
    SELECT
        trace_id, span_id, 'not_processed' AS reason, start_unix_ns, provider, request_model, response_model, service_name,
        input_tokens_total, cache_read_tokens, output_tokens_total, operation, environment, user_id, conversation_id,
        agent_name
    FROM (FROM genai_calls SEMI JOIN unprocessed ON (trace_id IS NOT NULL) = any_call)
    ANTI JOIN (FROM costs SEMI JOIN unprocessed ON (trace_id IS NOT NULL) = any_call) USING (trace_id, span_id)
),

selected AS NOT MATERIALIZED (
    SELECT *, coalesce(request_model, response_model) AS model
    FROM stored
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
      AND ($services IS NULL OR list_contains(from_json($services, '["VARCHAR"]'), service_name))
      AND ($users IS NULL OR list_contains(from_json($users, '["VARCHAR"]'), user_id))
      AND ($models IS NULL OR list_has_any(from_json($models, '["VARCHAR"]'), [request_model, response_model]))
)

SELECT *, NULL::VARCHAR AS tag
FROM selected
WHERE $tag IS NULL AND $tags IS NULL
UNION ALL
SELECT selected.*, tag
FROM selected
LEFT JOIN tags USING (trace_id, span_id)
WHERE ($tag IS NOT NULL OR $tags IS NOT NULL) AND ($tags IS NULL OR wanted)
