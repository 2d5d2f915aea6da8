-- Calls that may be scored by day, service and model, of the days before some days. Reads stored.genai_calls.
SELECT (receive_day + 1)::DATE AS day, service_name, coalesce(response_model, request_model) AS model, count(*) AS calls
FROM stored.genai_calls
WHERE operation IN ('chat', 'text_completion', 'generate_content') AND error_type IS NULL
    AND list_contains($before, receive_day)
GROUP BY ALL
