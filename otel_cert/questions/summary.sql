-- One row: calls, errors, extent and tokens of the window.
SELECT
    count(*) AS calls,
    count(*) FILTER (error_type IS NOT NULL OR error_class IS NOT NULL) AS errors,
    strftime(make_timestamp(min(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_call,
    strftime(make_timestamp(max(start_unix_ns) FILTER (start_unix_ns > 0) // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_call,
    count(DISTINCT service_name) AS services,
    count(DISTINCT {'provider': provider, 'model': coalesce(request_model, response_model)}) AS models,
    TRY_CAST(sum(input_tokens_total) AS BIGINT) AS input_tokens,
    count(input_tokens_total) AS input_known,
    TRY_CAST(sum(cache_read_tokens) AS BIGINT) AS cached_tokens,
    count(cache_read_tokens) AS cached_known,
    TRY_CAST(sum(output_tokens_total) AS BIGINT) AS output_tokens,
    count(output_tokens_total) AS output_known
FROM genai_calls
WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
  AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
