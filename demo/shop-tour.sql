-- Everything below is known to the catalog; no table of MySQL is declared here.
USE CATALOG unified;

SHOW DATABASES;

USE mysql_shop;

SHOW TABLES;

-- Types as Flink's connector reads them; what it cannot read is named in the table's comment.
DESCRIBE customers;

-- How Flink reaches the table is a reference to the catalog: no address, no user, no password.
SHOW CREATE TABLE customers;

SET 'execution.runtime-mode' = 'batch';

-- Odd types: unsigned, ENUM, SET, YEAR, TINYINT(1), JSON, VARBINARY.
SELECT id, name, segment, interests, born_in, newsletter, preferences, fingerprint FROM customers ORDER BY id;

-- MEDIUMINT UNSIGNED, BIT(1), BIT(8).
SELECT sku, price, stock, fragile, flags FROM products ORDER BY sku;

-- What each customer spent, over four tables of MySQL.
SELECT c.name, COUNT(DISTINCT o.id) AS orders, SUM(i.quantity) AS pieces, SUM(i.quantity * i.unit_price) AS spent
FROM orders o
JOIN customers c ON c.id = o.customer_id
JOIN order_items i ON i.order_id = o.id
JOIN products p ON p.sku = i.sku
WHERE o.status <> 'returned'
GROUP BY c.name
ORDER BY spent DESC;

-- Written to MySQL, and read back.
INSERT INTO products (sku, title, price, stock, weight_kg, fragile)
VALUES ('GAME-002', 'Snapshot Isolation', CAST(31.40 AS DECIMAL(12, 2)), 12, CAST(0.5 AS FLOAT), FALSE);

SELECT sku, title, price, stock, weight_kg, fragile FROM products WHERE sku LIKE 'GAME%' ORDER BY sku;

-- A stream that is generated here, each click joined to the customer as MySQL has it at that moment.
SET 'execution.runtime-mode' = 'streaming';

CREATE TEMPORARY TABLE clicks (
  number BIGINT,
  customer_id AS MOD(number, 5) + 1,
  clicked_at AS PROCTIME()
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '10',
  'fields.number.kind' = 'sequence',
  'fields.number.start' = '1',
  'fields.number.end' = '10'
);

SELECT k.number, c.name, c.segment
FROM clicks AS k
JOIN customers FOR SYSTEM_TIME AS OF k.clicked_at AS c ON c.id = k.customer_id;
