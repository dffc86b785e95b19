-- {prefix} begins the names of databases.
-- Rows of information_schema in the shapes that Doris gives them: columns as its documentation and its source (FrontendServiceImpl,
-- the schema scanners) print them. `current_` is as of 2.1 and later, `older` as of 1.2 and 2.0. Not recorded from a running Doris.
CREATE DATABASE {prefix}current_;
CREATE TABLE {prefix}current_.schemata (CATALOG_NAME VARCHAR(512), SCHEMA_NAME VARCHAR(32));
CREATE TABLE {prefix}current_.tables (TABLE_CATALOG VARCHAR(512), TABLE_SCHEMA VARCHAR(64), TABLE_NAME VARCHAR(64), TABLE_TYPE VARCHAR(64),
  ENGINE VARCHAR(64), TABLE_ROWS BIGINT, DATA_LENGTH BIGINT, TABLE_COMMENT VARCHAR(2048));
CREATE TABLE {prefix}current_.columns (TABLE_CATALOG VARCHAR(512), TABLE_SCHEMA VARCHAR(64), TABLE_NAME VARCHAR(64), COLUMN_NAME VARCHAR(64),
  ORDINAL_POSITION BIGINT, COLUMN_DEFAULT VARCHAR(1024), IS_NULLABLE VARCHAR(3), DATA_TYPE VARCHAR(64), COLUMN_TYPE VARCHAR(64),
  COLUMN_KEY VARCHAR(3), EXTRA VARCHAR(27), COLUMN_COMMENT VARCHAR(255));
CREATE DATABASE {prefix}older;
CREATE TABLE {prefix}older.schemata LIKE {prefix}current_.schemata;
CREATE TABLE {prefix}older.tables LIKE {prefix}current_.tables;
CREATE TABLE {prefix}older.columns LIKE {prefix}current_.columns;

INSERT INTO {prefix}current_.schemata VALUES
  ('internal', '__internal_schema'), ('internal', 'information_schema'), ('internal', 'mysql'), ('internal', 'shop'),
  ('lake', 'information_schema'), ('lake', 'shop'), ('lake', 'web');
INSERT INTO {prefix}current_.tables VALUES
  ('internal', 'shop', 'orders', 'BASE TABLE', 'Doris', 12, 4096, 'What was ordered'),
  ('internal', 'shop', 'events', 'BASE TABLE', 'Doris', NULL, NULL, ''),
  ('internal', 'shop', 'sums', 'BASE TABLE', 'Doris', 0, 0, ''),
  ('internal', 'shop', 'loose', 'BASE TABLE', 'Doris', 0, 0, ''),
  ('internal', 'shop', 'by_day', 'VIEW', NULL, NULL, NULL, 'VIEW'),
  ('lake', 'shop', 'orders', 'BASE TABLE', 'iceberg', NULL, NULL, ''),
  ('lake', 'web', 'visits', 'BASE TABLE', 'hms', NULL, NULL, '');
INSERT INTO {prefix}current_.columns VALUES
  ('internal', 'shop', 'orders', 'id', 1, NULL, 'NO', 'bigint', 'bigint(20)', 'UNI', 'AUTO_INCREMENT', ''),
  ('internal', 'shop', 'orders', 'day', 2, NULL, 'NO', 'date', 'date', 'UNI', '', 'in UTC'),
  ('internal', 'shop', 'orders', 'paid', 3, '0', 'YES', 'tinyint', 'tinyint(1)', '', '', ''),
  ('internal', 'shop', 'orders', 'lines', 4, NULL, 'YES', 'tinyint', 'tinyint(4)', '', '', ''),
  ('internal', 'shop', 'orders', 'total', 5, NULL, 'YES', 'decimal', 'decimalv3(38, 9)', '', '', ''),
  ('internal', 'shop', 'orders', 'exact', 6, NULL, 'YES', 'decimal', 'decimalv3(76, 10)', '', '', ''),
  ('internal', 'shop', 'orders', 'huge', 7, NULL, 'YES', 'bigint unsigned', 'largeint', '', '', ''),
  ('internal', 'shop', 'orders', 'at', 8, NULL, 'YES', 'datetime', 'datetime(3)', '', '', ''),
  ('internal', 'shop', 'orders', 'note', 9, NULL, 'YES', 'varchar', 'string', '', '', ''),
  ('internal', 'shop', 'orders', 'code', 10, NULL, 'YES', 'varchar', 'char(8)', '', '', ''),
  ('internal', 'shop', 'orders', 'tags', 11, NULL, 'YES', 'array', 'array<varchar(20)>', '', '', ''),
  ('internal', 'shop', 'orders', 'extra', 12, NULL, 'YES', 'variant', 'variant', '', '', ''),
  ('internal', 'shop', 'orders', 'from_ip', 13, NULL, 'YES', 'ipv6', 'ipv6', '', '', ''),
  ('internal', 'shop', 'orders', 'zoned', 14, NULL, 'YES', 'timestamp', 'timestamp(6)', '', '', ''),
  ('internal', 'shop', 'orders', 'seen_by', 15, NULL, 'YES', 'bitmap', 'bitmap', '', '', ''),
  ('internal', 'shop', 'events', 'day', 1, NULL, 'YES', 'date', 'date', 'DUP', '', ''),
  ('internal', 'shop', 'events', 'what', 2, NULL, 'YES', 'varchar', 'varchar(65533)', '', '', ''),
  ('internal', 'shop', 'sums', 'day', 1, NULL, 'NO', 'date', 'date', 'AGG', '', ''),
  ('internal', 'shop', 'sums', 'n', 2, NULL, 'NO', 'bigint', 'bigint(20)', '', '', ''),
  ('internal', 'shop', 'loose', 'id', 1, NULL, 'YES', 'int', 'int(11)', 'UNI', '', ''),
  ('internal', 'shop', 'by_day', 'day', 1, NULL, 'YES', 'date', 'date', '', '', ''),
  ('lake', 'shop', 'orders', 'id', 1, NULL, 'YES', 'int', 'int(11)', '', '', ''),
  ('lake', 'web', 'visits', 'page', 1, NULL, 'YES', 'varchar', 'string', '', '', '');

INSERT INTO {prefix}older.schemata VALUES (NULL, 'shop'), (NULL, 'information_schema');
INSERT INTO {prefix}older.tables VALUES (NULL, 'shop', 'orders', 'BASE TABLE', 'Doris', 1, 1, '');
INSERT INTO {prefix}older.columns VALUES
  (NULL, 'shop', 'orders', 'id', 1, NULL, 'NO', 'bigint', 'bigint(20)', 'UNI', '', ''),
  (NULL, 'shop', 'orders', 'day', 2, NULL, 'NO', 'datev2', 'datev2', '', '', ''),
  (NULL, 'shop', 'orders', 'at', 3, NULL, 'NO', 'datetimev2', 'datetimev2(6)', '', '', ''),
  (NULL, 'shop', 'orders', 'extra', 4, NULL, 'YES', 'unknown', 'unknown', '', '', '');
