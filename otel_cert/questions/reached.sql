-- One row: how many units have an event, and how many before their first answer ended, with their intervals.
WITH events AS (
    SELECT
        nullif(trace_id, '') AS trace_id,
        nullif(span_id, '') AS span_id,
        nullif(attributes['gen_ai.conversation.id'], '') AS conversation_id,
        CASE WHEN unix_ns > 0 THEN unix_ns WHEN observed_unix_ns > 0 THEN observed_unix_ns ELSE received_unix_ns END AS time_ns
    FROM logs
    WHERE event_name = 'otel_cert.' || $event
      AND ($outcomes IS NULL OR list_contains(from_json($outcomes, '["VARCHAR"]'), attributes[event_name || '.outcome']))
),

by_trace AS (
    SELECT trace_id, CASE WHEN $unit = 'call' THEN span_id END AS span_id, min(time_ns) AS time_ns
    FROM events
    WHERE trace_id IS NOT NULL
    GROUP BY ALL
),

by_conversation AS (
    SELECT conversation_id, min(time_ns) AS time_ns
    FROM events
    WHERE conversation_id IS NOT NULL AND $unit = 'conversation'
    GROUP BY ALL
),

calls AS (
    SELECT
        trace_id,
        span_id,
        conversation_id,
        CASE $unit
            WHEN 'conversation' THEN coalesce(conversation_id, trace_id)
            WHEN 'trace' THEN trace_id
            ELSE trace_id || span_id
        END AS unit,
        coalesce(user_id, conversation_id, trace_id) AS cluster,
        end_unix_ns
    FROM genai_calls
    WHERE operation IN ('chat', 'text_completion', 'generate_content') AND error_type IS NULL AND error_class IS NULL
      AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

units AS (
    SELECT
        c.unit,
        min(c.cluster) AS cluster,
        min(c.end_unix_ns) AS reply_ns,
        min(least(t.time_ns, v.time_ns)) AS event_ns
    FROM calls AS c
    LEFT JOIN by_trace AS t ON t.trace_id = c.trace_id AND (t.span_id = c.span_id OR $unit <> 'call')
    LEFT JOIN by_conversation AS v ON v.conversation_id = c.conversation_id
    GROUP BY c.unit
),

clustered AS (
    SELECT 'with_event' AS key, count(*) AS n, count(event_ns) AS positive, n AS w, positive AS y
    FROM units
    GROUP BY cluster
    UNION ALL
    SELECT 'before_reply' AS key, count(*) AS n, count(*) FILTER (event_ns <= reply_ns) AS positive, n AS w, positive AS y
    FROM units
    GROUP BY cluster
),

-- include interval.sql

SELECT
    $event AS event, $unit AS unit, e.n, e.clusters,
    e.positive AS with_event, e.share, e.low AS share_low, e.high AS share_high,
    b.positive AS before_reply, b.share AS before_share, b.low AS before_low, b.high AS before_high
FROM bounds AS e
JOIN bounds AS b ON e.key = 'with_event' AND b.key = 'before_reply'
