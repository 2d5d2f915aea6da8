-- Per service, agent and aspect: which values were used, from when to when. Each aspect is grouped for itself, in one scan.
-- Only values that can take each other's place are compared (`part`): a model for embeddings never replaces one for answers,
-- and another model that answers is a change only where the same model was asked for.
WITH calls AS (
    SELECT
        coalesce(service_name, '') AS service,
        coalesce(agent_name, workflow_name, '') AS agent,
        service_version AS version,
        CASE WHEN operation = 'embeddings' THEN operation ELSE '' END AS task,
        provider,
        request_model,
        response_model,
        -- Some instrumentations record the instructions as the first message, of the role system.
        md5(coalesce(system_instructions, CASE
            WHEN regexp_matches(left(input_messages, 60), '^\s*\[\s*\{\s*"role"\s*:\s*"(system|developer)"')
            THEN TRY(json_extract_string(input_messages, '$[0].parts'))
        END)) AS prompt,
        tool_definitions,
        request_params,
        start_unix_ns
    FROM genai_calls
    WHERE start_unix_ns >= greatest(coalesce($since_ns::BIGINT, 1), 1)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

grouped AS (
    SELECT
        service, agent, version, task, provider, request_model, response_model, prompt, tool_definitions, request_params,
        CASE
            WHEN GROUPING(version) = 0 THEN 'version'
            WHEN GROUPING(response_model) = 0 THEN 'model that answered'
            WHEN GROUPING(request_model) = 0 THEN 'model'
            WHEN GROUPING(prompt) = 0 THEN 'prompt'
            WHEN GROUPING(tool_definitions) = 0 THEN 'tools'
            ELSE 'parameters'
        END AS aspect,
        min(start_unix_ns) AS first_ns,
        max(start_unix_ns) AS last_ns,
        count(*) AS calls
    FROM calls
    GROUP BY GROUPING SETS (
        (service, version), (service, agent, task, provider, request_model), (service, agent, request_model, response_model),
        (service, agent, prompt), (service, agent, tool_definitions), (service, agent, task, request_params)
    )
),

valued AS (
    SELECT
        aspect, service, coalesce(agent, '') AS agent, first_ns, last_ns, calls,
        coalesce(CASE aspect WHEN 'model that answered' THEN request_model ELSE task END, '') AS part,
        CASE aspect
            WHEN 'version' THEN version
            WHEN 'model that answered'
                THEN CASE WHEN response_model IS NOT NULL THEN concat_ws(' answered by ', request_model, response_model) END
            WHEN 'model' THEN CASE WHEN request_model IS NOT NULL THEN concat_ws(' / ', provider, request_model) END
            WHEN 'prompt' THEN prompt
            WHEN 'tools' THEN CASE
                WHEN json_valid(tool_definitions) THEN array_to_string(list_sort(list_distinct(list_concat(
                    json_extract_string(tool_definitions, '$[*].name'),
                    json_extract_string(tool_definitions, '$[*].function.name')
                ))), ', ')
            END
            -- A seed is meant to differ.
            ELSE CASE WHEN json_valid(request_params) THEN json_merge_patch(request_params, '{"seed": null}')::VARCHAR END
        END AS value
    FROM grouped
),

uses AS (
    SELECT aspect, service, agent, part, value, min(first_ns) AS first_ns, max(last_ns) AS last_ns, sum(calls)::BIGINT AS calls
    FROM valued
    WHERE value <> ''
    GROUP BY aspect, service, agent, part, value
),

ordered AS (
    SELECT
        *,
        row_number() OVER placed AS number,
        lag(value) OVER placed AS previous,
        max(last_ns) OVER (
            PARTITION BY aspect, service, agent, part ORDER BY first_ns, value ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS last_before,
        count(*) OVER (PARTITION BY aspect, service, agent, part) AS distinct_values,
        sum(calls) OVER (PARTITION BY aspect, service, agent, part)::BIGINT AS all_calls,
        min(first_ns) OVER (PARTITION BY aspect, service, agent, part) AS first_of_all,
        max(last_ns) OVER (PARTITION BY aspect, service, agent, part) AS last_of_all
    FROM uses
    WINDOW placed AS (PARTITION BY aspect, service, agent, part ORDER BY first_ns, value)
),

shown AS (
    SELECT
        *,
        distinct_values > 20 AS varies,
        number = 1 OR first_ns <= first_of_all + (last_of_all - first_of_all) // 100 AS initial
    FROM ordered
    WHERE distinct_values <= 20 OR number = 1
)

SELECT
    CASE
        WHEN NOT initial THEN left(md5(concat_ws(chr(31), aspect, service, agent, part, value)), 12)
    END AS id,
    aspect,
    nullif(service, '') AS service,
    nullif(agent, '') AS agent,
    CASE WHEN NOT varies THEN value END AS value,
    previous,
    last_before >= first_ns AS beside,
    strftime(make_timestamp(first_ns // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
    strftime(make_timestamp(CASE WHEN varies THEN last_of_all ELSE last_ns END // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_seen,
    CASE WHEN varies THEN all_calls ELSE calls END AS calls,
    distinct_values
FROM shown
ORDER BY service, agent, aspect, part, number
