-- Per field: in how many calls it is known, unknown (and why) or not applicable.
WITH selected AS (
    SELECT
        c.*,
        p.total_cost,
        CASE WHEN p.trace_id IS NULL THEN 'not_processed' ELSE coalesce(p.reason, 'not_stated') END AS cost_reason,
        CASE WHEN c.error_type IS NOT NULL OR c.error_class IS NOT NULL THEN 'call_failed' ELSE 'not_recorded' END AS missing,
        coalesce(c.operation = 'embeddings', false) AS is_embedding
    FROM genai_calls AS c
    LEFT JOIN costs AS p USING (trace_id, span_id)
    WHERE c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

states AS (
    SELECT unnest([
        {'rank': 1, 'field': 'input_tokens', 'state': CASE
            WHEN input_tokens_total IS NULL THEN missing
            WHEN tokens_source = 'estimated' THEN 'estimated' ELSE 'known' END},
        {'rank': 2, 'field': 'output_tokens', 'state': CASE
            WHEN output_tokens_total IS NULL AND is_embedding THEN 'not_applicable'
            WHEN output_tokens_total IS NULL THEN missing
            WHEN tokens_source = 'estimated' THEN 'estimated' ELSE 'known' END},
        {'rank': 3, 'field': 'response_model', 'state': CASE
            WHEN response_model IS NULL THEN missing ELSE 'known' END},
        {'rank': 4, 'field': 'content', 'state': CASE
            WHEN content_state = 'present' THEN 'known' ELSE coalesce(content_state, 'not_recorded') END},
        {'rank': 5, 'field': 'cost', 'state': CASE
            WHEN total_cost IS NULL THEN cost_reason
            WHEN cost_reason = 'estimated_tokens' THEN 'estimated_tokens' ELSE 'known' END},
        {'rank': 6, 'field': 'finish_reason', 'state': CASE
            WHEN len(finish_reasons) > 0 THEN 'known'
            WHEN is_embedding THEN 'not_applicable' ELSE missing END},
        {'rank': 7, 'field': 'time_to_first_token', 'state': CASE
            WHEN ttft_s IS NOT NULL THEN 'known'
            WHEN streaming IS FALSE OR is_embedding THEN 'not_applicable'
            WHEN streaming IS NULL AND missing = 'not_recorded' THEN 'streaming_not_recorded' ELSE missing END},
        {'rank': 8, 'field': 'start_time', 'state': CASE WHEN start_unix_ns > 0 THEN 'known' ELSE 'not_recorded' END}
    ], recursive := true)
    FROM selected
)

SELECT
    field,
    count(*) AS calls,
    count(*) FILTER (state = 'known') AS known,
    count(*) FILTER (state NOT IN ('known', 'not_applicable')) AS unknown,
    count(*) FILTER (state = 'not_applicable') AS not_applicable,
    CAST(
        coalesce(histogram(state) FILTER (state NOT IN ('known', 'not_applicable')), MAP {}) AS MAP(VARCHAR, BIGINT)
    ) AS reasons
FROM states
GROUP BY rank, field
ORDER BY rank
