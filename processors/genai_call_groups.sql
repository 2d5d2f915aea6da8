-- Which records are of one provider call: (trace_id, span_id, dedupe_group), only for calls with several records.
-- Reads genai_call_records. Two instrumentations of one process record one call twice, nested or side by side. Equal
-- response ids alone prove nothing (caches and test servers repeat them): times must overlap and the resource be the same.
WITH numbered AS (
    -- The n-th record of each scope with this id belongs to the n-th of the others.
    SELECT
        trace_id, span_id, resource, provider, response_id, start_unix_ns, end_unix_ns,
        row_number() OVER (
            PARTITION BY resource, provider, response_id, scope_name ORDER BY start_unix_ns, span_id
        ) AS nth
    FROM genai_call_records
    WHERE response_id IS NOT NULL
), bounded AS (
    SELECT *, max(end_unix_ns) OVER (
        PARTITION BY resource, provider, response_id, nth ORDER BY start_unix_ns, span_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS earlier_end
    FROM numbered
), overlapping AS (
    SELECT *, count(*) FILTER (WHERE start_unix_ns > earlier_end) OVER (
        PARTITION BY resource, provider, response_id, nth ORDER BY start_unix_ns, span_id
    ) AS island
    FROM bounded
), same_id AS (
    SELECT trace_id, span_id, min(concat(trace_id, ':', span_id)) OVER same AS dedupe_group
    FROM overlapping
    WINDOW same AS (PARTITION BY resource, provider, response_id, nth, island)
    QUALIFY count(*) OVER same > 1
), enclosing AS (
    -- Without an id on both: the same request, one record inside the time of the other: as its child ...
    SELECT o.trace_id AS outer_trace, o.span_id AS outer_span, o.start_unix_ns AS outer_start,
        i.trace_id AS inner_trace, i.span_id AS inner_span, i.start_unix_ns AS inner_start, true AS is_child
    FROM genai_call_records AS i
    JOIN genai_call_records AS o ON o.trace_id = i.trace_id AND o.span_id = i.parent_span_id
    WHERE o.resource = i.resource AND o.provider = i.provider AND o.operation = i.operation
        AND o.request_model = i.request_model AND o.failed = i.failed
        AND o.start_unix_ns <= i.start_unix_ns AND o.end_unix_ns >= i.end_unix_ns
        AND (i.response_id IS NULL OR o.response_id IS NULL)
    UNION ALL
    -- ... or, when both failed and so have no id, in another scope.
    SELECT o.trace_id, o.span_id, o.start_unix_ns, i.trace_id, i.span_id, i.start_unix_ns, false
    FROM genai_call_records AS i
    JOIN genai_call_records AS o ON o.resource = i.resource AND o.request_model = i.request_model
    WHERE o.failed AND i.failed AND o.scope_name <> i.scope_name
        AND o.provider = i.provider AND o.operation = i.operation
        AND o.start_unix_ns <= i.start_unix_ns AND o.end_unix_ns >= i.end_unix_ns
        AND coalesce(i.response_id, o.response_id) IS NULL
), nested AS (
    -- One outer record takes one inner record, so that a storm of failures is not merged into one.
    SELECT *
    FROM enclosing
    QUALIFY row_number() OVER (
            PARTITION BY inner_trace, inner_span ORDER BY is_child DESC, outer_start DESC, outer_span
        ) = 1
        AND row_number() OVER (
            PARTITION BY outer_trace, outer_span ORDER BY is_child DESC, inner_start, inner_span
        ) = 1
), pairs AS (
    SELECT
        n.*,
        coalesce(a.dedupe_group, b.dedupe_group, concat(outer_trace, ':', outer_span)) AS dedupe_group
    FROM nested AS n
    LEFT JOIN same_id AS a ON a.trace_id = outer_trace AND a.span_id = outer_span
    LEFT JOIN same_id AS b ON b.trace_id = inner_trace AND b.span_id = inner_span
)
SELECT trace_id, span_id, dedupe_group FROM same_id
UNION
SELECT outer_trace, outer_span, dedupe_group FROM pairs
UNION
SELECT inner_trace, inner_span, dedupe_group FROM pairs
