-- Per instrumentation: how many calls it recorded in a window, and how many of them lack what.
WITH selected AS (
    SELECT * FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
), recorded AS (
    SELECT
        dialect, coalesce(scope_name, '') AS scope_name, scope_version,
        count(*) AS calls,
        count(error_type) AS failed,
        count(*) FILTER (error_type IS NULL AND tokens_source = 'missing') AS without_tokens,
        count(*) FILTER (tokens_source = 'estimated') AS estimated_tokens,
        count(*) FILTER (error_type IS NULL AND response_model IS NULL) AS without_model,
        count(*) FILTER (operation IS DISTINCT FROM 'embeddings' AND content_state <> 'present') AS without_content,
        list_aggregate(flatten(list(unreadable) FILTER (unreadable IS NOT NULL)), 'histogram') AS unreadable
    FROM selected
    GROUP BY ALL
), duplicates AS (
    SELECT dialect, coalesce(scope_name, '') AS scope_name, scope_version, count(*) AS duplicates
    FROM genai_duplicates
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
    GROUP BY ALL
)
SELECT
    coalesce(r.dialect, d.dialect) AS dialect,
    coalesce(r.scope_name, d.scope_name) AS scope_name,
    coalesce(r.scope_version, d.scope_version) AS scope_version,
    coalesce(calls, 0) AS calls,
    coalesce(failed, 0) AS failed,
    coalesce(without_tokens, 0) AS without_tokens,
    coalesce(estimated_tokens, 0) AS estimated_tokens,
    coalesce(without_model, 0) AS without_model,
    coalesce(without_content, 0) AS without_content,
    coalesce(duplicates, 0) AS duplicates,
    CAST(coalesce(unreadable, MAP {}) AS MAP(VARCHAR, BIGINT)) AS unreadable
FROM recorded AS r
FULL JOIN duplicates AS d
    ON r.dialect = d.dialect AND r.scope_name = d.scope_name AND r.scope_version IS NOT DISTINCT FROM d.scope_version
ORDER BY calls DESC, dialect, scope_name, scope_version
