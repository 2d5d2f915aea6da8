-- Shares of calls, with their intervals. Groups below 10 calls are suppressed.
WITH scored AS (
    SELECT trace_id, span_id, min(language) AS language, bool_and(score_label = 'supported') AS supported
    FROM support
    WHERE score_value IS NOT NULL
    GROUP BY trace_id, span_id
),

selected AS (
    SELECT
        CASE $by
            WHEN 'model' THEN coalesce(c.request_model, c.response_model)
            WHEN 'service' THEN c.service_name
            WHEN 'environment' THEN c.environment
            WHEN 'agent' THEN coalesce(c.agent_name, c.workflow_name)
            WHEN 'language' THEN s.language
        END AS key,
        coalesce(c.user_id, c.conversation_id, c.trace_id) AS unit,
        c.error_type IS NOT NULL OR c.error_class IS NOT NULL AS failed,
        len(c.finish_reasons) > 0 OR coalesce(c.error_class = 'content_filter', false) AS finished,
        coalesce(list_contains(c.finish_reasons, 'content_filter'), false)
            OR coalesce(c.error_class = 'content_filter', false) AS refused,
        coalesce(list_contains(c.finish_reasons, 'length'), false) AS cut_off,
        c.streaming,
        c.request_model <> c.response_model AS other_model,
        s.supported
    FROM genai_calls AS c
    LEFT JOIN scored AS s USING (trace_id, span_id)
    WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

units AS (
    SELECT
        key,
        count(*) AS calls,
        count(*) FILTER (failed) AS failed,
        count(*) FILTER (finished) AS finished,
        count(*) FILTER (refused) AS refused,
        count(*) FILTER (finished AND cut_off) AS cut_off,
        count(streaming) AS streaming_known,
        count(*) FILTER (streaming) AS streamed,
        count(other_model) AS models_known,
        count(*) FILTER (other_model) AS other_model,
        count(supported) AS scored,
        count(*) FILTER (supported) AS supported
    FROM selected
    GROUP BY key, unit
),

counted AS (
    SELECT key AS group_key, unnest([
        {'rank': 1, 'rate': 'failed', 'n': calls, 'positive': failed},
        {'rank': 2, 'rate': 'refused', 'n': finished, 'positive': refused},
        {'rank': 3, 'rate': 'cut_off', 'n': finished, 'positive': cut_off},
        {'rank': 4, 'rate': 'streamed', 'n': streaming_known, 'positive': streamed},
        {'rank': 5, 'rate': 'other_model', 'n': models_known, 'positive': other_model},
        {'rank': 6, 'rate': 'supported', 'n': scored, 'positive': supported}
    ], recursive := true)
    FROM units
),

clustered AS (
    SELECT {'group_key': group_key, 'rate': rate, 'rank': rank} AS key, n, positive, n AS w, positive AS y
    FROM counted
),

-- include interval.sql

SELECT
    key.group_key AS key,
    key.rate AS rate,
    CASE WHEN NOT suppressed THEN n END AS n,
    CASE WHEN NOT suppressed THEN positive END AS hits,
    CASE WHEN NOT suppressed THEN clusters END AS units,
    CASE WHEN NOT suppressed THEN share END AS share,
    CASE WHEN NOT suppressed THEN low END AS share_low,
    CASE WHEN NOT suppressed THEN high END AS share_high,
    suppressed
FROM (SELECT *, $by <> 'total' AND n < 10 AS suppressed FROM bounds) AS told
ORDER BY told.key.rank, suppressed, told.n DESC, told.key.group_key
