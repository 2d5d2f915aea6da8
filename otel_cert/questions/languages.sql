-- The share of each language among the scored answers, as the processor `accuracy` found it. Fewer than 10 are suppressed.
WITH scored AS (
    SELECT trace_id, span_id, min(language) AS language
    FROM support
    WHERE score_value IS NOT NULL AND language IS NOT NULL
    GROUP BY trace_id, span_id
),

answers AS (
    SELECT coalesce(c.user_id, c.conversation_id, c.trace_id) AS unit, s.language
    FROM genai_calls AS c
    JOIN scored AS s USING (trace_id, span_id)
    WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

clustered AS (
    SELECT named.language AS key, count(*) AS n, count(*) FILTER (a.language = named.language) AS positive, n AS w, positive AS y
    FROM answers AS a
    CROSS JOIN (SELECT DISTINCT language FROM answers) AS named
    GROUP BY named.language, a.unit
),

-- include interval.sql

SELECT key AS language, n, positive AS answers, clusters AS units, share, low AS share_low, high AS share_high
FROM bounds
WHERE positive >= 10
ORDER BY positive DESC, key
