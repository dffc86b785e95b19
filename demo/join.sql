-- One statement over five systems, and no table declared: what was looked at (Kafka), by whom (MySQL, and their points in Redis),
-- how many others look at it (ClickHouse), and what the page's advertising costs (Doris, for which a MySQL server stands in here).
USE CATALOG unified;

SET 'execution.runtime-mode' = 'batch';

SELECT k.page, c.name, u.nick, u.points, p.visitors, p.devices['phone'] AS phones, a.campaign, a.cost
FROM kafka.clicks AS k
JOIN mysql_shop.customers AS c ON c.id = k.customer_id
LEFT JOIN redis.user_profile AS u ON u.user_id = k.customer_id
LEFT JOIN clickhouse_analytics.pages AS p ON p.page = k.page
LEFT JOIN doris_marketing.campaigns AS a ON a.page = k.page
ORDER BY k.page, c.name;
