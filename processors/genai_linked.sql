-- Traces that hold another record of a call shown here, as stored before; reads genai_calls, genai_duplicates and `stored`.
-- Which records really are of one call is decided when their traces are computed together.
WITH shown AS (
    SELECT trace_id, span_id, service_name, scope_name, request_model, response_id, streaming, error_type, link,
        dedupe_group, start_unix_ns, end_unix_ns
    FROM genai_calls
    UNION ALL BY NAME
    SELECT trace_id, span_id, service_name, scope_name, request_model, response_id, streaming, error_type, link,
        dedupe_group, start_unix_ns, end_unix_ns
    FROM genai_duplicates
), earlier AS (
    SELECT trace_id, span_id, service_name, scope_name, request_model, response_id, streaming, error_type, link,
        dedupe_group, start_unix_ns, end_unix_ns
    FROM stored.genai_calls
    WHERE start_unix_ns <= $last AND end_unix_ns >= $first
    UNION ALL BY NAME
    SELECT trace_id, span_id, service_name, scope_name, request_model, response_id, streaming, error_type, link,
        dedupe_group, start_unix_ns, end_unix_ns
    FROM stored.genai_duplicates
    WHERE start_unix_ns <= $last AND end_unix_ns >= $first
), others AS (
    SELECT * FROM earlier ANTI JOIN (SELECT DISTINCT trace_id FROM spans) USING (trace_id)
)
-- A call that two traces recorded stays one when only one of them is due again ...
SELECT trace_id FROM others SEMI JOIN (
    SELECT dedupe_group FROM earlier SEMI JOIN spans USING (trace_id) WHERE dedupe_group IS NOT NULL
) USING (dedupe_group)
UNION
-- ... and the second record of one arrives after the first was computed: of the same answer, whose id a cache may repeat,
(
    SELECT o.trace_id FROM others AS o JOIN shown AS s USING (response_id)
    WHERE o.service_name IS NOT DISTINCT FROM s.service_name AND o.scope_name <> s.scope_name
        AND o.start_unix_ns <= s.end_unix_ns AND s.start_unix_ns <= o.end_unix_ns
    QUALIFY row_number() OVER (
        PARTITION BY s.trace_id, s.span_id ORDER BY abs(o.start_unix_ns::HUGEINT - s.start_unix_ns), o.trace_id
    ) <= 4
)
UNION
-- of the same failure, which has no id: any near one, of which a service may have many,
(
    SELECT o.trace_id FROM others AS o JOIN shown AS s USING (service_name)
    WHERE o.error_type IS NOT NULL AND s.error_type IS NOT NULL AND o.dedupe_group IS NULL AND s.dedupe_group IS NULL
        AND o.response_id IS NULL AND s.response_id IS NULL AND o.scope_name <> s.scope_name
        AND (ends_with(o.request_model, s.request_model) OR ends_with(s.request_model, o.request_model))
        AND o.start_unix_ns <= s.end_unix_ns AND s.start_unix_ns <= o.end_unix_ns
    QUALIFY row_number() OVER (
        PARTITION BY s.trace_id, s.span_id ORDER BY abs(o.start_unix_ns::HUGEINT - s.start_unix_ns), o.trace_id
    ) <= 4
)
UNION
-- of the same stream, of which the record that lies around the other has no id,
(
    SELECT o.trace_id FROM others AS o JOIN shown AS s USING (service_name)
    WHERE (o.response_id IS NULL) <> (s.response_id IS NULL) AND o.dedupe_group IS NULL AND s.dedupe_group IS NULL
        AND (o.streaming OR s.streaming) AND o.streaming IS DISTINCT FROM false AND s.streaming IS DISTINCT FROM false
        AND o.scope_name <> s.scope_name
        AND (ends_with(o.request_model, s.request_model) OR ends_with(s.request_model, o.request_model))
        AND CASE WHEN o.response_id IS NULL
            THEN s.start_unix_ns - o.start_unix_ns::HUGEINT >= -1_000_000 AND s.end_unix_ns - o.end_unix_ns::HUGEINT <= 1_000_000
            ELSE o.start_unix_ns - s.start_unix_ns::HUGEINT >= -1_000_000 AND o.end_unix_ns - s.end_unix_ns::HUGEINT <= 1_000_000
        END
    QUALIFY row_number() OVER (
        PARTITION BY s.trace_id, s.span_id ORDER BY abs(o.start_unix_ns::HUGEINT - s.start_unix_ns), o.trace_id
    ) <= 4
)
UNION
-- or the other half, again any near one.
(
    SELECT o.trace_id FROM others AS o JOIN shown AS s USING (link, scope_name)
    WHERE o.service_name IS NOT DISTINCT FROM s.service_name AND (o.dedupe_group IS NULL OR s.dedupe_group IS NULL)
    QUALIFY row_number() OVER (
        PARTITION BY s.trace_id, s.span_id ORDER BY abs(o.start_unix_ns::HUGEINT - s.start_unix_ns), o.trace_id
    ) <= 4
)
