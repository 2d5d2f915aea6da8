-- Per field: calls that should hold it, and those without.
WITH selected AS (
    SELECT *, error_type IS NOT NULL OR error_class IS NOT NULL AS failed, coalesce(operation = 'embeddings', false) AS embeds
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

counted AS (
    SELECT
        count(*) AS calls,
        count(*) FILTER (NOT failed) AS answered,
        count(*) FILTER (NOT embeds) AS generating,
        count(*) FILTER (coalesce(request_model, response_model) IS NULL) AS model,
        count(*) FILTER (NOT failed AND response_model IS NULL) AS response_model,
        count(*) FILTER (service_name IS NULL) AS service,
        count(*) FILTER (service_version IS NULL) AS version,
        count(*) FILTER (environment IS NULL) AS environment,
        count(*) FILTER (NOT embeds AND NOT failed AND coalesce(len(finish_reasons), 0) = 0) AS outcome,
        count(*) FILTER (NOT failed AND (input_tokens_total IS NULL OR coalesce(tokens_source <> 'reported', true))) AS usage,
        count(*) FILTER (NOT embeds AND content_state IS DISTINCT FROM 'present') AS content,
        count(*) FILTER (conversation_id IS NULL) AS conversation,
        count(*) FILTER (user_id IS NULL) AS user,
        count(*) FILTER (start_unix_ns <= 0) AS start,
        count(*) FILTER (duration_ns IS NULL) AS duration,
        count(*) FILTER (unreadable IS NOT NULL) AS unreadable
    FROM selected
),

fields AS (
    SELECT unnest([
        {'rank': 1, 'field': 'start', 'n': calls, 'missing': start},
        {'rank': 2, 'field': 'duration', 'n': calls, 'missing': duration},
        {'rank': 3, 'field': 'model', 'n': calls, 'missing': model},
        {'rank': 4, 'field': 'model that answered', 'n': answered, 'missing': response_model},
        {'rank': 5, 'field': 'service', 'n': calls, 'missing': service},
        {'rank': 6, 'field': 'version of the service', 'n': calls, 'missing': version},
        {'rank': 7, 'field': 'environment', 'n': calls, 'missing': environment},
        {'rank': 8, 'field': 'outcome', 'n': generating, 'missing': outcome},
        {'rank': 9, 'field': 'token usage as reported', 'n': answered, 'missing': usage},
        {'rank': 10, 'field': 'content', 'n': generating, 'missing': content},
        {'rank': 11, 'field': 'conversation', 'n': calls, 'missing': conversation},
        {'rank': 12, 'field': 'user', 'n': calls, 'missing': user},
        {'rank': 13, 'field': 'every field readable', 'n': calls, 'missing': unreadable}
    ], recursive := true)
    FROM counted
    WHERE calls > 0
)

SELECT field, n, missing, missing / nullif(n, 0) AS share
FROM fields
ORDER BY rank
