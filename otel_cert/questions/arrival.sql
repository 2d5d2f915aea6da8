-- One row: how late the spans of the window were, what senders left out, and what their trace state says of sampling.
-- The threshold is of 56 bits, with trailing zeros left out; a span with threshold T was kept with chance 1 - T / 2^56.
WITH selected AS (
    SELECT
        trace_flags, flags,
        CASE WHEN trace_state <> '' THEN nullif(regexp_extract(trace_state, 'th:([0-9a-f]{1,14})', 1), '') END AS threshold,
        (received_unix_ns::DOUBLE - end_unix_ns) / 1e9 AS delay_s,
        coalesce(dropped_attributes_count, 0) AS attributes,
        coalesce(dropped_events_count, 0) AS events,
        coalesce(dropped_links_count, 0) AS links
    FROM spans
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

read AS (
    SELECT *, 1 - TRY_CAST('0x' || rpad(threshold, 14, '0') AS BIGINT) / 72057594037927936.0 AS share
    FROM selected
)

SELECT
    count(*) AS spans,
    count(*) FILTER (trace_flags & 1 = 1) AS sampled,
    count(share) AS thresholds,
    min(share) AS least_share,
    round(fsum(1 / nullif(share, 0)), 3) AS stands_for,  -- the order of the sum must not show
    count(*) FILTER (delay_s > 15) AS late_15s,
    count(*) FILTER (delay_s > 300) AS late_5min,
    count(*) FILTER (delay_s > 3600) AS late_1h,
    count(*) FILTER (delay_s < 0) AS early,
    max(delay_s) AS longest_s,
    count(flags) AS odd,
    count(*) FILTER (attributes + events + links > 0) AS cut,
    coalesce(TRY_CAST(sum(attributes) AS BIGINT), 0) AS dropped_attributes,
    coalesce(TRY_CAST(sum(events) AS BIGINT), 0) AS dropped_events,
    coalesce(TRY_CAST(sum(links) AS BIGINT), 0) AS dropped_links
FROM read
