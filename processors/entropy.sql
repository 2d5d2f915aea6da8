-- Calls without log probabilities, each with the reason; what the record does not say is not guessed.
SELECT
    trace_id,
    span_id,
    'recorded' AS source,
    0::INTEGER AS choice,
    CASE
        WHEN error_type IS NOT NULL OR error_class IS NOT NULL THEN 'failed_call'
        WHEN operation = 'embeddings' THEN 'embeddings'
        -- Anthropic's API gives none, wherever its models are hosted.
        WHEN provider = 'anthropic' OR regexp_matches(lower(model), '(^|[/.:])claude') THEN 'provider_has_none'
        -- OpenAI's API refuses to give them for these.
        WHEN provider IN ('openai', 'azure.ai.openai') AND regexp_matches(lower(model), '^(o1|o3|o4-mini)(-|$)') THEN 'model_has_none'
        WHEN asked IN ('false', '0') THEN 'not_asked'
        WHEN asked IS NOT NULL THEN 'asked_not_recorded'
        ELSE 'not_recorded'
    END AS reason,
    receive_day
FROM (
    SELECT
        *,
        coalesce(response_model, request_model, '') AS model,
        TRY_CAST(request_params AS JSON) ->> '$.logprobs' AS asked
    FROM genai_calls
    WHERE logprobs IS NULL
)
