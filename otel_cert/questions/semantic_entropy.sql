-- Requests for which more than one answer was drawn, of the calls in `priced`: their calls, and how many choices those have.
WITH requests AS (
    SELECT
        trace_id,
        span_id,
        start_unix_ns,
        TRY_CAST(json_extract_string(request_params, '$.temperature') AS DOUBLE) AS temperature,
        json_extract_string(request_params, '$.seed') IS NOT NULL AS seeded,
        -- Each message is a choice.
        CAST(json_array_length(output_messages) AS BIGINT) AS choices,
        -- Hashed before anything is joined: texts are long. No JSON text has this character in it.
        md5(concat(
            system_instructions, chr(31), input_messages, chr(31), tool_definitions, chr(31), request_params
        )) AS content
    FROM genai_calls
    WHERE content_state = 'present'  -- redacted requests may have become equal
      AND operation IN ('chat', 'text_completion', 'generate_content')
      AND input_messages IS NOT NULL
      AND json_valid(output_messages)
      AND json_valid(coalesce(request_params, '{}'))
      AND error_type IS NULL
),

asked AS (
    SELECT
        r.* EXCLUDE (content, seeded),
        p.service_name AS service,
        p.provider,
        p.model,
        md5(concat(
            content, chr(31), p.service_name, chr(31), p.operation, chr(31), p.provider, chr(31), p.request_model, chr(31),
            p.response_model, chr(31),
            CASE WHEN seeded THEN r.trace_id || r.span_id END  -- by itself: its own choices still differ
        )) AS request
    FROM priced AS p
    JOIN requests AS r USING (trace_id, span_id)
    WHERE choices > 0
      AND CASE WHEN temperature IS NULL THEN $unknown_temperature = 'taken' ELSE temperature > 0 END
)

SELECT
    request,
    any_value(service) AS service,
    any_value(provider) AS provider,
    any_value(model) AS model,
    any_value(temperature) AS temperature,
    count(*) AS calls,
    CAST(sum(choices) AS BIGINT) AS n,
    min(start_unix_ns) AS first_unix_ns,
    max(start_unix_ns) AS last_unix_ns,
    list(trace_id || '/' || span_id ORDER BY start_unix_ns, trace_id, span_id) AS members
FROM asked
GROUP BY request
HAVING sum(choices) > 1
ORDER BY n DESC, first_unix_ns, request
LIMIT $most
