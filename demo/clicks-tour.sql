-- Columns of a topic: those of the message, and one of the record itself.
USE CATALOG unified;

DESCRIBE kafka.clicks;

SET 'execution.runtime-mode' = 'batch';

-- Written as Protobuf by the registered .proto.
INSERT INTO kafka.clicks (customer_id, page, seen_at, device, tags, price) VALUES
  (1, '/books/tables',  TO_TIMESTAMP_LTZ(1793524500000, 3), ROW('DEVICE_KIND_PHONE', 390),    ARRAY['mail'],        24.9),
  (5, '/books/tables',  TO_TIMESTAMP_LTZ(1793524560000, 3), ROW('DEVICE_KIND_DESKTOP', 2560), ARRAY['search', 'ad'], 24.9),
  (2, '/games',         TO_TIMESTAMP_LTZ(1793524620000, 3), ROW('DEVICE_KIND_PHONE', 412),    ARRAY['search'],      CAST(NULL AS DOUBLE)),
  (1, '/music/glasses', TO_TIMESTAMP_LTZ(1793524680000, 3), ROW('DEVICE_KIND_PHONE', 390),    ARRAY['mail'],        75.25);

SELECT customer_id, page, device.kind AS kind, device.screen_width AS width, tags, price FROM kafka.clicks ORDER BY page, customer_id;

-- The stream, each click joined to the customer as MySQL has it at that moment. It ends with what is in the topic now.
SET 'execution.runtime-mode' = 'streaming';

SELECT k.page, c.name, c.segment
FROM (
  SELECT *, PROCTIME() AS read_at
  FROM kafka.clicks /*+ OPTIONS('scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset') */
) AS k
JOIN mysql_shop.customers FOR SYSTEM_TIME AS OF k.read_at AS c ON c.id = k.customer_id;
