-- The share of `y` in `w` of each `key` with its 95 % interval, from `clustered`: one row per key and cluster, with the
-- cluster's `n` answers, the `positive` among them, and their weights `w` and `y` (n and positive where nothing is weighted).
-- Wilson's interval (1927; z = 1.959963984540054) for as many independent answers as those of these clusters are worth.
-- The order in which sums are made must not show: they are exact, and rounded.
shares AS (
    SELECT
        key,
        sum(n)::BIGINT AS n,
        sum(positive)::BIGINT AS positive,
        count(*) AS clusters,
        round(fsum(y) / fsum(w), 12) AS share,
        -- Variance of a ratio over clusters (Taylor), beside that of as many independent answers: the design effect.
        greatest(fsum(y * y) - 2 * share * fsum(y * w) + pow(share, 2) * fsum(w * w), 0)
            / pow(fsum(w), 2) * count(*) / nullif(count(*) - 1, 0) AS variance,
        CASE
            WHEN count(*) = sum(n) AND min(w) = max(w) THEN 1  -- each answer is alone
            WHEN sum(positive) BETWEEN 1 AND sum(n) - 1 THEN greatest(1, variance / (share * (1 - share) / sum(n)))
        END AS design_effect,
        -- When all agree there is no variance to see: clusters count then, not answers.
        CASE WHEN count(*) > 1 THEN coalesce(sum(n) / design_effect, count(*)) END AS effective_n,
        pow(1.959963984540054, 2) / effective_n AS z2_n,
        (share + z2_n / 2) / (1 + z2_n) AS centre,
        sqrt(z2_n * (share * (1 - share) + z2_n / 4)) / (1 + z2_n) AS half_width
    FROM clustered
    WHERE n > 0
    GROUP BY key
),

-- Of a single cluster there are no bounds.
bounds AS (
    SELECT
        key, n, positive, clusters, share,
        CASE WHEN effective_n IS NOT NULL THEN round(greatest(centre - half_width, 0), 12) END AS low,
        CASE WHEN effective_n IS NOT NULL THEN round(least(centre + half_width, 1), 12) END AS high
    FROM shares
)
