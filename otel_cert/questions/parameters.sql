-- Values of request parameters; equal sets of parameters are read once.
WITH sets AS (
    SELECT request_params, count(*) AS calls
    FROM genai_calls
    WHERE request_params IS NOT NULL AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
    GROUP BY request_params
),

named AS (
    SELECT request_params, calls, unnest(json_keys(request_params)) AS name
    FROM sets
    WHERE json_valid(request_params) AND json_type(request_params) = 'OBJECT'
),

counted AS (
    SELECT
        name,
        left(json_extract_string(request_params, '$."' || replace(name, '"', '') || '"'), 200) AS value,
        sum(calls)::BIGINT AS calls
    FROM named
    GROUP BY ALL
)

SELECT
    name, value, calls,
    sum(calls) OVER (PARTITION BY name)::BIGINT AS with_any,
    count(*) OVER (PARTITION BY name) AS distinct_values
FROM counted
WHERE value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY name ORDER BY calls DESC, value) <= 10
ORDER BY with_any DESC, name, counted.calls DESC, value
