USE CATALOG unified;

USE mysql_shop;

-- The watermark stands in the schema, and so do the computed column and the comment.
DESCRIBE orders;

-- Orders an hour, by the time in the rows.
SELECT window_start, COUNT(*) AS orders
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(created_at), INTERVAL '1' HOUR))
GROUP BY window_start, window_end;
