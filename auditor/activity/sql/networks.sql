-- The addresses of the period, each with its network: the first half of an IPv4 address, the first three groups of an
-- IPv6 one. Names of hosts are no addresses; `private` ones stand for no place of their own.
SELECT
    address, source_ip,
    CASE
        WHEN source_ip LIKE '%:%:%' THEN concat(
            split_part(source_ip, ':', 1), ':', split_part(source_ip, ':', 2), ':', split_part(source_ip, ':', 3)
        )
        ELSE concat(split_part(source_ip, '.', 1), '.', split_part(source_ip, '.', 2))
    END AS network,
    regexp_matches(
        source_ip,
        '^(10|127|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^(f[cd]|fe80:).*:'
    ) AS private
FROM addresses
WHERE (source_ip LIKE '%:%:%' OR source_ip LIKE '%.%.%.%') AND source_ip NOT LIKE '%.com'
