-- The calls of a window by provider and by what keeps their tokens from having figures.
WITH measured AS (
    SELECT trace_id, span_id, max(n_known) > 0 AS known, min(reason) AS reason
    FROM token_entropy
    WHERE source = $source
    GROUP BY trace_id, span_id
)

SELECT
    c.provider,
    CASE WHEN m.known THEN NULL ELSE coalesce(m.reason, 'not_computed') END AS reason,
    count(*) AS calls
FROM genai_calls AS c
LEFT JOIN measured AS m USING (trace_id, span_id)
WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
GROUP BY ALL
ORDER BY c.provider, calls DESC, reason
