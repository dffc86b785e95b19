-- A small shop. Among its columns is one of nearly every odd type that MySQL has.
-- @PASSWORD@ is replaced by a password made for this run.

CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
  id          INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name        VARCHAR(60) NOT NULL,
  email       VARCHAR(120) NOT NULL,
  segment     ENUM('new', 'regular', 'gold') NOT NULL DEFAULT 'new' COMMENT 'Set by marketing, weekly',
  interests   SET('books', 'games', 'garden', 'music'),
  born_in     YEAR,
  newsletter  TINYINT(1) NOT NULL DEFAULT 0,
  preferences JSON,
  home        POINT COMMENT 'Where parcels go',
  fingerprint VARBINARY(16),
  UNIQUE KEY customers_email (email)
) COMMENT 'Everyone who ever ordered';

CREATE TABLE products (
  sku         CHAR(8) NOT NULL PRIMARY KEY,
  title       VARCHAR(100) NOT NULL,
  price       DECIMAL(12, 2) NOT NULL,
  stock       MEDIUMINT UNSIGNED NOT NULL DEFAULT 0,
  weight_kg   FLOAT,
  fragile     BIT(1) NOT NULL DEFAULT b'0',
  flags       BIT(8),
  exact_ratio DECIMAL(65, 30) COMMENT 'More digits than Flink has',
  description TEXT
) COMMENT 'What the shop sells';

CREATE TABLE orders (
  id          BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  status      ENUM('open', 'paid', 'sent', 'returned') NOT NULL,
  created_at  DATETIME(3) NOT NULL,
  paid_at     TIMESTAMP NULL,
  pickup      TIME,
  note        TINYTEXT,
  KEY orders_customer (customer_id),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
) COMMENT 'One row an order';

CREATE TABLE order_items (
  order_id    BIGINT UNSIGNED NOT NULL,
  line        SMALLINT UNSIGNED NOT NULL,
  sku         CHAR(8) NOT NULL,
  quantity    INT UNSIGNED NOT NULL,
  unit_price  DECIMAL(12, 2) NOT NULL COMMENT 'At the time of the order',
  PRIMARY KEY (order_id, line),
  CONSTRAINT order_items_order FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_items_product FOREIGN KEY (sku) REFERENCES products (sku)
);

CREATE VIEW open_orders AS
  SELECT o.id, c.name, o.created_at FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'open';

INSERT INTO customers (name, email, segment, interests, born_in, newsletter, preferences, home, fingerprint) VALUES
  ('Ada',    'ada@shop.example',    'gold',    'books,music',  1985, 1, '{"theme": "dark"}',     POINT(52.5, 13.4), x'00ff10'),
  ('Bao',    'bao@shop.example',    'regular', 'games',        1992, 0, '{"language": "vi"}',    POINT(10.8, 106.7), NULL),
  ('Chloé',  'chloe@shop.example',  'new',     NULL,           2001, 1, NULL,                    NULL, x'ffffffffffffffffffffffffffffffff'),
  ('Dimitri','dimitri@shop.example','regular', 'garden,music', 1970, 0, '{}',                    POINT(37.9, 23.7), NULL),
  ('恵美',    'emi@shop.example',    'gold',    'books,games,garden,music', NULL, 1, '{"theme": "light"}', NULL, NULL);

INSERT INTO products (sku, title, price, stock, weight_kg, fragile, flags, exact_ratio, description) VALUES
  ('BOOK-001', 'A History of Tables',  24.90,   120, 0.8,  b'0', b'00000001', 0.333333333333333333333333333333, 'Hardcover, 412 pages'),
  ('GAME-001', 'Join the Party',       39.00,    45, 1.2,  b'0', b'10000001', 1.618033988749894848204586834365, 'For 3 to 5 players'),
  ('GARD-001', 'Watering Can, 10 l',   18.50,    80, 0.65, b'0', NULL,        NULL, NULL),
  ('MUSI-001', 'Crystal Glasses',      75.25,     7, 2.4,  b'1', b'00001111', 12345678901234567890123456789012345.5, 'Tuned in C'),
  ('MUSI-002', 'Metronome',            29.99, 16777215, 0.3, b'0', b'11111111', 2.718281828459045235360287471352, '');

INSERT INTO orders (id, customer_id, status, created_at, paid_at, pickup, note) VALUES
  (1001, 1, 'sent',     '2026-11-01 09:15:00.125', '2026-11-01 09:20:00', '10:30:00', NULL),
  (1002, 2, 'paid',     '2026-11-01 09:47:31.500', '2026-11-01 10:02:00', NULL,       'Gift wrap'),
  (1003, 1, 'open',     '2026-11-01 10:05:00.000', NULL,                  NULL,       NULL),
  (1004, 4, 'returned', '2026-11-01 10:58:59.999', '2026-11-01 11:00:00', '17:00:00', 'Arrived broken'),
  (1005, 5, 'paid',     '2026-11-01 11:30:00.001', '2026-11-01 11:31:00', NULL,       NULL),
  (18446744073709551615, 3, 'open', '2026-11-01 11:59:59.999', NULL,      '23:59:59', 'The last number that there is');

INSERT INTO order_items (order_id, line, sku, quantity, unit_price) VALUES
  (1001, 1, 'BOOK-001', 2, 24.90),
  (1001, 2, 'MUSI-002', 1, 29.99),
  (1002, 1, 'GAME-001', 1, 39.00),
  (1003, 1, 'MUSI-001', 4, 75.25),
  (1004, 1, 'MUSI-001', 1, 75.25),
  (1004, 2, 'GARD-001', 3, 18.50),
  (1005, 1, 'BOOK-001', 1, 22.00),
  (18446744073709551615, 1, 'GARD-001', 1, 18.50);

-- What the catalog connects as: it reads the schema, and Flink reads and writes the rows.
CREATE USER 'shop'@'%' IDENTIFIED BY '@PASSWORD@';
GRANT SELECT, INSERT, UPDATE, DELETE, SHOW VIEW ON shop.* TO 'shop'@'%';
