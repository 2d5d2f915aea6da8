-- Uses per component; those that calls name are grouped for themselves, in one scan.
WITH calls AS (
    SELECT
        service_name, service_version, environment, agent_name, workflow_name, operation, provider, scope_name, scope_version,
        error_type IS NOT NULL OR error_class IS NOT NULL AS failed,
        start_unix_ns
    FROM genai_calls
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

of_calls AS (
    SELECT
        CASE
            WHEN GROUPING(service_name) = 0 THEN 'service'
            WHEN GROUPING(environment) = 0 THEN 'environment'
            WHEN GROUPING(agent_name) = 0 THEN 'agent'
            WHEN GROUPING(workflow_name) = 0 THEN 'workflow'
            WHEN GROUPING(operation) = 0 THEN 'operation'
            WHEN GROUPING(provider) = 0 THEN 'provider'
            ELSE 'instrumentation'
        END AS kind,
        coalesce(service_name, environment, agent_name, workflow_name, operation, provider, scope_name) AS name,
        coalesce(service_version, scope_version) AS version,
        count(*) AS uses,
        count(*) FILTER (failed) AS failed,
        min(start_unix_ns) FILTER (start_unix_ns > 0) AS first_ns,
        max(start_unix_ns) FILTER (start_unix_ns > 0) AS last_ns
    FROM calls
    GROUP BY GROUPING SETS (
        (service_name, service_version), (environment), (agent_name), (workflow_name), (operation), (provider),
        (scope_name, scope_version)
    )
),

used AS (
    SELECT 'tool' AS kind, tool_name AS name, error_type, start_unix_ns FROM genai_tool_executions
    UNION ALL
    SELECT 'data source', data_source_id, error_type, start_unix_ns FROM genai_retrievals
),

components AS (
    FROM of_calls
    UNION ALL
    SELECT
        kind, name, NULL, count(*), count(error_type),
        min(start_unix_ns) FILTER (start_unix_ns > 0),
        max(start_unix_ns) FILTER (start_unix_ns > 0)
    FROM used
    WHERE start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
    GROUP BY kind, name
)

SELECT
    kind, name, version, uses, failed,
    strftime(make_timestamp(first_ns // 1000), '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
    strftime(make_timestamp(last_ns // 1000), '%Y-%m-%dT%H:%M:%SZ') AS last_seen,
    count(*) OVER (PARTITION BY kind) AS of_kind
FROM components
WHERE uses > 0 AND (name IS NOT NULL OR kind NOT IN ('agent', 'workflow'))
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY uses DESC, name, version) <= 100
ORDER BY kind, uses DESC, name, version
