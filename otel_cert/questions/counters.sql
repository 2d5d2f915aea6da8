-- Totals of the counters that can be compared with the stored spans.
WITH points AS (
    SELECT
        name, temporality, start_unix_ns, unix_ns, attributes, resource_attributes,
        coalesce(value_double, value_int, "count") AS value,
        CASE
            WHEN name = 'gen_ai.client.operation.duration' THEN 'calls'
            WHEN name LIKE 'otel.sdk.%' AND attributes['error.type'] IS NOT NULL THEN 'lost'
            WHEN name LIKE 'otel.sdk.%' THEN 'kept'
            WHEN regexp_matches(name, 'sent_spans|accepted_spans') THEN 'kept'
            ELSE 'lost'
        END AS counts
    FROM metric_points
    WHERE (
            name IN (
                'gen_ai.client.operation.duration', 'otel.sdk.processor.span.processed', 'otel.sdk.exporter.span.exported'
            )
            OR regexp_full_match(
                name,
                'otelcol_(exporter_(sent|send_failed|enqueue_failed)|receiver_(accepted|refused)|processor_(dropped|refused))_spans.*'
            )
        )
      AND unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

streams AS (
    SELECT
        counts, name, attributes, resource_attributes,
        CASE
            WHEN temporality = 1 THEN sum(value)
            WHEN $since_ns IS NOT NULL AND min(start_unix_ns) < $since_ns::BIGINT THEN max(value) - min(value)
            ELSE max(value)
        END AS total
    FROM points
    GROUP BY counts, name, attributes, resource_attributes, temporality, CASE WHEN temporality <> 1 THEN start_unix_ns END
)

SELECT counts, name, count(*) AS streams, round(fsum(total), 6) AS total
FROM streams
GROUP BY counts, name
ORDER BY counts, name
