-- Shares of calls, with Wilson's interval (z = 1.959963984540054) of the effective n. Groups below 10 calls are suppressed.
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
    SELECT key, unnest([
        {'rank': 1, 'rate': 'failed', 'n': calls, 'y': failed},
        {'rank': 2, 'rate': 'refused', 'n': finished, 'y': refused},
        {'rank': 3, 'rate': 'cut_off', 'n': finished, 'y': cut_off},
        {'rank': 4, 'rate': 'streamed', 'n': streaming_known, 'y': streamed},
        {'rank': 5, 'rate': 'other_model', 'n': models_known, 'y': other_model},
        {'rank': 6, 'rate': 'supported', 'n': scored, 'y': supported}
    ], recursive := true)
    FROM units
),

rates AS (
    SELECT
        key, rank, rate,
        sum(n)::BIGINT AS n,
        sum(y)::BIGINT AS hits,
        count(*) AS units,
        sum(y) / sum(n) AS share,
        -- Variance of a ratio over units (Taylor), beside that of as many independent calls: the design effect.
        greatest(sum(y * y) - 2 * share * sum(y * n) + pow(share, 2) * sum(n * n), 0)
            / pow(sum(n), 2) * count(*) / nullif(count(*) - 1, 0) AS variance,
        CASE
            WHEN sum(y) BETWEEN 1 AND sum(n) - 1 THEN greatest(1, variance / (share * (1 - share) / sum(n)))
        END AS design_effect,
        -- When all agree there is no variance to see: units count then, not calls.
        CASE WHEN count(*) > 1 THEN coalesce(sum(n) / design_effect, count(*)) END AS effective_n,
        pow(1.959963984540054, 2) / effective_n AS z2_n,
        $by <> 'total' AND sum(n) < 10 AS suppressed
    FROM counted
    WHERE n > 0
    GROUP BY key, rank, rate
),

bounds AS (
    SELECT
        *,
        (share + z2_n / 2) / (1 + z2_n) AS centre,
        sqrt(z2_n * (share * (1 - share) + z2_n / 4)) / (1 + z2_n) AS half_width
    FROM rates
)

SELECT
    key, rate,
    CASE WHEN NOT suppressed THEN n END AS n,
    CASE WHEN NOT suppressed THEN hits END AS hits,
    CASE WHEN NOT suppressed THEN units END AS units,
    CASE WHEN NOT suppressed THEN share END AS share,
    CASE WHEN NOT suppressed AND effective_n IS NOT NULL THEN greatest(centre - half_width, 0) END AS share_low,
    CASE WHEN NOT suppressed AND effective_n IS NOT NULL THEN least(centre + half_width, 1) END AS share_high,
    suppressed
FROM bounds
ORDER BY rank, suppressed, bounds.n DESC, key
