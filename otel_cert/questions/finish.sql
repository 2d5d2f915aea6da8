-- Calls that did not fail per finish reason; several answers of a call are told together.
SELECT
    array_to_string(finish_reasons, ', ') AS reason,
    array_to_string(finish_reasons_raw, ', ') AS sent,
    count(*) AS calls
FROM genai_calls
WHERE error_type IS NULL AND error_class IS NULL AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
GROUP BY ALL
ORDER BY calls DESC, reason, sent
