-- Labels of people beside those of the automatic evaluation. z = 1.959963984540054.
WITH labels AS (
    SELECT unnest(from_json(coalesce($labels, '[]'), '[{
        "trace_id": "VARCHAR", "span_id": "VARCHAR", "label": "BIGINT", "weight": "DOUBLE", "stratum": "VARCHAR", "unit": "VARCHAR"
    }]'), recursive := true)
),

automatic AS (
    SELECT
        s.trace_id, s.span_id,
        min((score_label = 'supported')::INTEGER) AS supported,
        concat_ws(' ', any_value(evaluator), any_value(evaluator_version), any_value(threshold)) AS evaluator
    FROM support AS s
    SEMI JOIN labels AS l ON l.trace_id = s.trace_id AND l.span_id = s.span_id
    WHERE score_value IS NOT NULL
    GROUP BY ALL
),

judged AS (
    SELECT
        CASE $by WHEN 'model' THEN coalesce(c.request_model, c.response_model) WHEN 'stratum' THEN l.stratum END AS key,
        coalesce(l.unit, c.user_id, c.conversation_id, c.trace_id) AS unit,
        coalesce(l.weight, 1) AS weight,
        l.label,
        a.supported,
        a.evaluator
    FROM genai_calls AS c
    JOIN labels AS l ON l.trace_id = c.trace_id AND l.span_id = c.span_id
    LEFT JOIN automatic AS a ON a.trace_id = c.trace_id AND a.span_id = c.span_id
    WHERE l.label IS NOT NULL
      AND c.start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND c.start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

units AS (
    SELECT key, unit, count(*) AS n, sum(label) AS positive, fsum(weight) AS w, fsum(weight * label) AS y
    FROM judged
    GROUP BY key, unit
),

rates AS (
    SELECT
        key,
        sum(n)::BIGINT AS n,
        sum(positive)::BIGINT AS positive,
        count(*) AS units,
        round(fsum(y) / fsum(w), 12) AS share,  -- the order of the sums must not show
        greatest(fsum(y * y) - 2 * share * fsum(y * w) + pow(share, 2) * fsum(w * w), 0)
            / pow(fsum(w), 2) * count(*) / nullif(count(*) - 1, 0) AS variance,
        CASE
            WHEN sum(positive) BETWEEN 1 AND sum(n) - 1 THEN greatest(1, variance / (share * (1 - share) / sum(n)))
        END AS design_effect,
        CASE WHEN count(*) > 1 THEN coalesce(sum(n) / design_effect, count(*)) END AS effective_n,
        pow(1.959963984540054, 2) / effective_n AS z2_n,
        (share + z2_n / 2) / (1 + z2_n) AS centre,
        sqrt(z2_n * (share * (1 - share) + z2_n / 4)) / (1 + z2_n) AS half_width
    FROM units
    GROUP BY key
),

agreed AS (
    SELECT
        key,
        count(*) FILTER (weight <> 1) AS weighted,
        count(supported) AS both,
        count(*) FILTER (supported = 1 AND label = 1) AS both_positive,
        count(*) FILTER (supported = 1 AND label = 0) AS score_only,
        count(*) FILTER (supported = 0 AND label = 1) AS people_only,
        count(*) FILTER (supported = 0 AND label = 0) AS both_negative,
        count(DISTINCT evaluator) AS evaluators
    FROM judged
    GROUP BY key
)

SELECT
    r.key, r.n, r.positive, a.weighted, r.units, r.share,
    CASE WHEN r.effective_n IS NOT NULL THEN round(greatest(r.centre - r.half_width, 0), 12) END AS share_low,
    CASE WHEN r.effective_n IS NOT NULL THEN round(least(r.centre + r.half_width, 1), 12) END AS share_high,
    a.both, a.both_positive, a.score_only, a.people_only, a.both_negative, a.evaluators
FROM rates AS r
JOIN agreed AS a ON a.key IS NOT DISTINCT FROM r.key
ORDER BY r.n DESC, r.key
