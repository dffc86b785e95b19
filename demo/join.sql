-- One statement over three systems, and no table declared: what was looked at (Kafka), by whom (MySQL), and what the page's
-- advertising costs (Doris, for which a MySQL server stands in here).
USE CATALOG unified;

SET 'execution.runtime-mode' = 'batch';

SELECT k.page, c.name, c.segment, a.campaign, a.live, a.cost
FROM kafka.clicks AS k
JOIN mysql_shop.customers AS c ON c.id = k.customer_id
LEFT JOIN doris_marketing.campaigns AS a ON a.page = k.page
ORDER BY k.page, c.name;
