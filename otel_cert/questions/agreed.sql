-- How far the label of an automatic evaluation is that of people; every labelled answer counts once, without weights.
WITH
-- include labelled.sql,

compared AS (
    SELECT unit, unnest([
        {'rank': 1, 'measure': 'sensitivity', 'of_it': label = 1, 'hit': supported = 1},
        {'rank': 2, 'measure': 'specificity', 'of_it': label = 0, 'hit': supported = 0},
        {'rank': 3, 'measure': 'agreement', 'of_it': true, 'hit': supported = label}
    ], recursive := true)
    FROM judged
    WHERE supported IS NOT NULL
),

clustered AS (
    SELECT
        {'rank': rank, 'measure': measure} AS key,
        count(*) AS n,
        count(*) FILTER (hit) AS positive,
        n AS w,
        positive AS y
    FROM compared
    WHERE of_it
    GROUP BY rank, measure, unit
),

-- include interval.sql

SELECT
    key.measure AS measure, n, positive AS hits, clusters AS units, share, low AS share_low, high AS share_high,
    (SELECT count(DISTINCT evaluator) FROM judged WHERE supported IS NOT NULL) AS evaluators
FROM bounds
ORDER BY bounds.key.rank
