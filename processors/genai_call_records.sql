-- One row per span that records a call to a model provider; a call recorded by two instrumentations still has two rows.
-- Reads genai_spans and genai_events (content sent as log events).
WITH sent AS (
    SELECT
        s.* EXCLUDE (operation, provider),
        CASE lower(s.operation)
            WHEN 'embedding' THEN 'embeddings'
            ELSE CASE WHEN lower(s.operation) IN ('chat', 'text_completion', 'generate_content', 'embeddings')
                THEN lower(s.operation) END
        END AS operation,
        CASE
            WHEN provider = 'openai' AND regexp_matches(server_address, '\.(openai|services\.ai)\.azure\.com$')
                THEN 'azure.ai.openai'
            ELSE CASE lower(provider)  -- names that the conventions used before 1.37
                WHEN 'az.ai.inference' THEN 'azure.ai.inference'
                WHEN 'az.ai.openai' THEN 'azure.ai.openai'
                WHEN 'gemini' THEN 'gcp.gemini'
                WHEN 'vertex_ai' THEN 'gcp.vertex_ai'
                WHEN 'xai' THEN 'x_ai'
                ELSE lower(provider)
            END
        END AS provider,
        error_type IS NOT NULL AS failed,
        coalesce(cache_read_tokens, 0)::HUGEINT + coalesce(cache_write_tokens, 0) AS cached_tokens
    FROM genai_spans AS s
    WHERE lower(s.operation) IN ('chat', 'text_completion', 'generate_content', 'embeddings', 'embedding')
        -- An answer of a model is a call, even where no operation is named ...
        OR s.operation IS NULL AND request_model IS NOT NULL
            AND (response_id IS NOT NULL OR finish_reasons IS NOT NULL OR input_tokens IS NOT NULL)
        -- ... or one that is not known here; tokens alone may be an agent's sum.
        OR NOT regexp_matches(lower(s.operation), 'agent|workflow|tool|task|retriev|memory|plan|rerank|evaluat')
            AND request_model IS NOT NULL AND (response_id IS NOT NULL OR finish_reasons IS NOT NULL)
), statuses AS (
    SELECT
        *,
        CASE WHEN failed THEN coalesce(
            TRY_CAST(http_status AS INTEGER),
            -- The OpenAI and Anthropic clients begin their message so; conventions allow a status as error type.
            TRY_CAST(regexp_extract(error_message, '^Error code: (\d{3})\b', 1) AS INTEGER),
            TRY_CAST(regexp_extract(error_type, '^[1-5]\d\d$') AS INTEGER)
        ) END AS status
    FROM sent
)
SELECT
    f.trace_id,
    f.span_id,
    parent_span_id,
    start_unix_ns,
    end_unix_ns,
    CASE WHEN start_unix_ns > 0 AND end_unix_ns >= start_unix_ns
        THEN TRY_CAST(end_unix_ns::HUGEINT - start_unix_ns AS BIGINT) END AS duration_ns,
    service_name,
    resource_attributes['service.version'] AS service_version,
    coalesce(resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment'])
        AS environment,
    scope_name,
    scope_version,
    dialect,
    operation,
    provider,
    request_model,
    CASE WHEN NOT failed THEN response_model END AS response_model,
    response_id,
    -- Who saw a first chunk was streaming, said or not.
    CASE WHEN ttft_s IS NOT NULL OR first_chunk_unix_ns IS NOT NULL THEN true ELSE streaming END AS streaming,
    coalesce(ttft_s, CASE WHEN start_unix_ns > 0 AND first_chunk_unix_ns >= start_unix_ns
        THEN (first_chunk_unix_ns::HUGEINT - start_unix_ns)::DOUBLE / 1e9 END) AS ttft_s,
    list_transform(finish_reasons, lambda r: CASE
        WHEN lower(r) IN ('stop', 'end_turn', 'stop_sequence', 'completed') THEN 'stop'
        WHEN lower(r) IN ('length', 'max_tokens', 'max_output_tokens') THEN 'length'
        WHEN lower(r) IN ('tool_call', 'tool_calls', 'tool-calls', 'tool_use', 'function_call') THEN 'tool_call'
        WHEN lower(r) IN ('content_filter', 'content-filter', 'refusal', 'safety', 'guardrail_intervened')
            THEN 'content_filter'
        WHEN lower(r) IN ('error', 'failed') THEN 'error'
        ELSE 'other'
    END) AS finish_reasons,
    finish_reasons AS finish_reasons_raw,
    request_params,
    -- The conventions count cached tokens as input; a sender that reports more cached than input does not.
    CASE WHEN cache_exclusive OR cached_tokens > input_tokens
        THEN TRY_CAST(input_tokens + cached_tokens AS BIGINT) ELSE input_tokens END AS input_tokens_total,
    cache_read_tokens,
    cache_write_tokens,
    output_tokens AS output_tokens_total,
    reasoning_tokens,
    coalesce(f.system_instructions, e.system_instructions) AS system_instructions,
    coalesce(f.input_messages, e.input_messages) AS input_messages,
    coalesce(f.output_messages, e.output_messages) AS output_messages,
    coalesce(f.tool_definitions, e.tool_definitions) AS tool_definitions,
    content_reference,
    conversation_id,
    user_id,
    agent_name,
    workflow_name,
    retrieved_context,
    error_type,
    CASE
        WHEN NOT failed THEN NULL
        WHEN regexp_matches(concat_ws(' ', error_type, error_message), '(?i)content.?(filter|policy)') THEN 'content_filter'
        WHEN status = 429 THEN 'rate_limit'
        WHEN status IN (401, 403) THEN 'auth'
        WHEN status IN (408, 504) THEN 'timeout'
        WHEN status >= 500 THEN 'server'
        WHEN status >= 400 THEN 'invalid_request'
        WHEN regexp_matches(error_type, '(?i)rate.?limit|throttl|too.?many.?requests|quota') THEN 'rate_limit'
        WHEN regexp_matches(error_type, '(?i)auth|permission|forbidden|access.?denied') THEN 'auth'
        WHEN regexp_matches(error_type, '(?i)time.?out|deadline') THEN 'timeout'
        WHEN regexp_matches(error_type, '(?i)bad.?request|invalid|not.?found|unprocessable|validation') THEN 'invalid_request'
        WHEN regexp_matches(error_type, '(?i)server|api_error|overloaded|unavailable') THEN 'server'
        ELSE 'other'
    END AS error_class,
    status AS http_status,
    error_message,
    cost_recorded_usd,
    logprobs,
    receive_day,
    failed,
    md5(coalesce(resource_attributes::VARCHAR, '')) AS resource
FROM statuses AS f
LEFT JOIN genai_events AS e ON e.trace_id = f.trace_id AND e.span_id = f.span_id
