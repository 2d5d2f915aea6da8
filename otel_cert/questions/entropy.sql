-- How sure the models were of their tokens; z = 1.959963984540054.
WITH asked AS (
    SELECT
        trace_id,
        span_id,
        coalesce(user_id, conversation_id, trace_id) AS unit,
        CASE $by
            WHEN 'model' THEN coalesce(request_model, response_model)
            WHEN 'service' THEN service_name
            WHEN 'day' THEN strftime(CASE WHEN start_unix_ns > 0 THEN make_timestamp_ns(least(start_unix_ns, 9223372036854775806)) END, '%Y-%m-%d')
        END AS key,
        CASE WHEN $trend = 'day' AND start_unix_ns > 0 THEN start_unix_ns // 86400000000000 * 86400000000000 END AS day_unix_ns
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

-- A call's answers together.
measured AS (
    SELECT
        trace_id,
        span_id,
        min(reason) AS reason,
        min(scoring_model) AS scoring_model,
        sum(n_known) AS known,
        sum(n_unlikely) AS unlikely,
        sum(n_unreadable) AS unreadable,
        sum(sum_surprisal) AS surprisal,
        sum(share_below * n_known) AS below,
        sum(list_sum(entropy_lower)) AS lower,
        sum(list_count(entropy_lower)) AS lower_n,
        sum(list_sum(entropy_upper)) AS upper,
        sum(list_count(entropy_upper)) AS upper_n
    FROM token_entropy
    WHERE source = $source
    GROUP BY trace_id, span_id
),

-- A call that is not computed yet is counted with the scoring model, where there is one only.
scoring AS (
    SELECT CASE WHEN count(DISTINCT scoring_model) = 1 THEN min(scoring_model) END AS only_model
    FROM token_entropy
    WHERE source = $source
),

calls AS (
    SELECT
        a.*,
        m.* EXCLUDE (trace_id, span_id, reason, scoring_model),
        coalesce(m.scoring_model, only_model) AS scoring_model,
        nullif(known, 0) AS w,
        coalesce(m.reason, 'not_computed') AS reason
    FROM asked AS a
    CROSS JOIN scoring
    LEFT JOIN measured AS m USING (trace_id, span_id)
),

units AS (
    SELECT
        key, scoring_model, day_unix_ns, unit,
        count(*) AS calls,
        count(w) AS measured,
        list(reason) FILTER (w IS NULL) AS reasons,
        sum(w) AS w,
        sum(unlikely) AS unlikely,
        sum(unreadable) AS unreadable,
        sum(surprisal) AS s,
        sum(below) AS below,
        sum(lower) AS lower,
        sum(lower_n) AS lower_n,
        sum(upper) AS upper,
        sum(upper_n) AS upper_n,
        list(surprisal / w) FILTER (w IS NOT NULL) AS answers
    FROM calls
    GROUP BY key, scoring_model, day_unix_ns, unit
),

groups AS (
    SELECT
        key, scoring_model, day_unix_ns,
        sum(calls) AS calls,
        sum(measured) AS measured,
        flatten(list(reasons) FILTER (reasons IS NOT NULL)) AS reasons,
        flatten(list(answers) FILTER (answers IS NOT NULL)) AS answers,
        count(w) AS units,
        sum(w) AS tokens,
        sum(unlikely) AS unlikely,
        sum(unreadable) AS unreadable,
        sum(s)::DOUBLE / sum(w)::DOUBLE AS mean_nll,
        greatest(sum(s * s) - 2 * mean_nll * sum(s * w) + mean_nll * mean_nll * sum(w::DOUBLE * w), 0)
            / pow(sum(w)::DOUBLE, 2) * count(w) / nullif(count(w) - 1, 0) AS variance,
        sum(below) / sum(w)::DOUBLE AS share_below,
        sum(lower) / nullif(sum(lower_n), 0)::DOUBLE AS lower,
        CASE WHEN sum(upper_n) = sum(lower_n) THEN sum(upper) / nullif(sum(upper_n), 0)::DOUBLE END AS upper
    FROM units
    GROUP BY key, scoring_model, day_unix_ns
)

SELECT
    key,
    scoring_model,
    day_unix_ns::BIGINT AS day_unix_ns,
    calls::BIGINT AS calls,
    measured::BIGINT AS measured,
    CAST(map_from_entries(list_transform(
        list_sort(list_distinct(coalesce(reasons, []::VARCHAR[]))),
        lambda r: {'k': r, 'v': len(list_filter(reasons, lambda other: other = r))}
    )) AS MAP(VARCHAR, BIGINT)) AS unavailable,
    units::BIGINT AS units,
    coalesce(tokens, 0)::BIGINT AS tokens,
    CASE WHEN measured > 0 THEN coalesce(unlikely, 0) ELSE nullif(unlikely, 0) END::BIGINT AS unlikely,
    CASE WHEN measured > 0 THEN coalesce(unreadable, 0) ELSE nullif(unreadable, 0) END::BIGINT AS unreadable,
    mean_nll,
    greatest(mean_nll - 1.959963984540054 * sqrt(variance), 0) + 0 * variance AS mean_nll_low,
    mean_nll + 1.959963984540054 * sqrt(variance) AS mean_nll_high,
    CASE WHEN mean_nll < 700 THEN exp(mean_nll) END AS perplexity,
    list_aggregate(answers, 'quantile_cont', 0.5) AS call_p50,
    list_aggregate(answers, 'quantile_cont', 0.95) AS call_p95,
    share_below,
    lower AS mean_entropy_lower,
    upper AS mean_entropy_upper
FROM groups
ORDER BY CASE WHEN $by = 'day' THEN key END, measured DESC, calls DESC, key, scoring_model, day_unix_ns
