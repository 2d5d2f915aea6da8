-- Labels of people by group, and how many of the answers an evaluator judged, too.
WITH
-- include labelled.sql,

grouped AS (
    SELECT *, CASE $by WHEN 'model' THEN model WHEN 'stratum' THEN stratum END AS key
    FROM judged
),

clustered AS (
    SELECT key, count(*) AS n, sum(label) AS positive, fsum(weight) AS w, fsum(weight * label) AS y
    FROM grouped
    GROUP BY key, unit
),

-- include interval.sql,

counted AS (
    SELECT
        key,
        count(*) FILTER (weight <> 1) AS weighted,
        count(supported) AS both,
        count(DISTINCT evaluator) AS evaluators
    FROM grouped
    GROUP BY key
)

SELECT
    b.key, b.n, b.positive, c.weighted, b.clusters AS units, b.share, b.low AS share_low, b.high AS share_high,
    c.both, c.evaluators
FROM bounds AS b
JOIN counted AS c ON c.key IS NOT DISTINCT FROM b.key
ORDER BY b.n DESC, b.key
