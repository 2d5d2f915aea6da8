-- Values of resource attributes. The first span of a resource in its request stands for the others: they share it.
WITH resources AS (
    SELECT service_name, unnest(map_entries(resource_attributes)) AS entry
    FROM spans
    WHERE ordinal = 0 AND scope_ordinal = 0 AND start_unix_ns >= coalesce($since_ns::BIGINT, (-9223372036854775808)::BIGINT)
      AND start_unix_ns <= coalesce($until_ns::BIGINT - 1, 9223372036854775807)
),

chosen AS (
    SELECT entry.key AS key, entry.value AS value, service_name
    FROM resources
    WHERE regexp_full_match(
        entry.key,
        '(cloud\.(provider|platform|region|availability_zone)|host\.(type|arch)|os\.(type|version)|k8s\.(cluster|namespace|deployment)\.name|deployment\.environment(\.name)?|service\.namespace|telemetry\.(sdk|distro)\.(name|language|version)|process\.runtime\.(name|version)|faas\.name)'
    )
),

counted AS (
    SELECT key, value, count(DISTINCT service_name) AS services, count(*) AS requests FROM chosen GROUP BY key, value
)

SELECT *, count(*) OVER (PARTITION BY key) AS distinct_values
FROM counted
QUALIFY row_number() OVER (PARTITION BY key ORDER BY requests DESC, value) <= 20
ORDER BY key, requests DESC, value
