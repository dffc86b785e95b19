-- {prefix} begins the names of databases.
-- Rows of information_schema in the shapes that StarRocks' documentation gives. Not recorded from a running StarRocks.
CREATE DATABASE {prefix}recorded;
CREATE TABLE {prefix}recorded.schemata (CATALOG_NAME VARCHAR(512), SCHEMA_NAME VARCHAR(64));
CREATE TABLE {prefix}recorded.tables (TABLE_CATALOG VARCHAR(512), TABLE_SCHEMA VARCHAR(64), TABLE_NAME VARCHAR(64), TABLE_TYPE VARCHAR(64),
  ENGINE VARCHAR(64), TABLE_ROWS BIGINT, DATA_LENGTH BIGINT, TABLE_COMMENT VARCHAR(2048));
CREATE TABLE {prefix}recorded.columns (TABLE_CATALOG VARCHAR(512), TABLE_SCHEMA VARCHAR(64), TABLE_NAME VARCHAR(64), COLUMN_NAME VARCHAR(64),
  ORDINAL_POSITION BIGINT, COLUMN_DEFAULT VARCHAR(1024), IS_NULLABLE VARCHAR(3), DATA_TYPE VARCHAR(64), COLUMN_TYPE VARCHAR(64),
  COLUMN_KEY VARCHAR(3), EXTRA VARCHAR(27), COLUMN_COMMENT VARCHAR(255));
CREATE TABLE {prefix}recorded.tables_config (TABLE_SCHEMA VARCHAR(64), TABLE_NAME VARCHAR(64), TABLE_ENGINE VARCHAR(64), TABLE_MODEL VARCHAR(64),
  PRIMARY_KEY VARCHAR(1024), PARTITION_KEY VARCHAR(1024), DISTRIBUTE_KEY VARCHAR(1024), DISTRIBUTE_TYPE VARCHAR(64), DISTRIBUTE_BUCKET INT,
  SORT_KEY VARCHAR(1024));

INSERT INTO {prefix}recorded.schemata VALUES ('def', '_statistics_'), ('def', 'information_schema'), ('def', 'sys'), ('def', 'shop');
INSERT INTO {prefix}recorded.tables VALUES
  ('def', 'shop', 'orders', 'BASE TABLE', 'StarRocks', 12, 4096, 'What was ordered'),
  ('def', 'shop', 'uniques', 'BASE TABLE', 'StarRocks', NULL, NULL, ''),
  ('def', 'shop', 'events', 'BASE TABLE', 'StarRocks', 0, 0, ''),
  ('def', 'shop', 'by_day', 'VIEW', '', NULL, NULL, '');
INSERT INTO {prefix}recorded.columns VALUES
  ('def', 'shop', 'orders', 'id', 1, NULL, 'NO', 'bigint', 'bigint(20)', 'PRI', '', ''),
  ('def', 'shop', 'orders', 'day of it', 2, NULL, 'NO', 'date', 'date', 'PRI', '', ''),
  ('def', 'shop', 'orders', 'paid', 3, NULL, 'YES', 'tinyint', 'tinyint(1)', '', '', ''),
  ('def', 'shop', 'orders', 'huge', 4, NULL, 'YES', 'bigint unsigned', 'bigint(20) unsigned', '', '', ''),
  ('def', 'shop', 'orders', 'total', 5, NULL, 'YES', 'decimal', 'decimal(27, 9)', '', '', ''),
  ('def', 'shop', 'orders', 'at', 6, NULL, 'YES', 'datetime', 'datetime', '', '', ''),
  ('def', 'shop', 'orders', 'raw', 7, NULL, 'YES', 'varbinary', 'varbinary', '', '', ''),
  ('def', 'shop', 'orders', 'extra', 8, NULL, 'YES', 'json', 'json', '', '', ''),
  ('def', 'shop', 'orders', 'tags', 9, NULL, 'YES', 'array', 'array<varchar(20)>', '', '', ''),
  ('def', 'shop', 'orders', 'seen_by', 10, NULL, 'YES', 'bitmap', 'bitmap', '', '', ''),
  ('def', 'shop', 'uniques', 'id', 1, NULL, 'YES', 'int', 'int(11)', 'UNI', '', ''),
  ('def', 'shop', 'events', 'what', 1, NULL, 'YES', 'varchar', 'varchar(65533)', 'DUP', '', ''),
  ('def', 'shop', 'by_day', 'n', 1, NULL, 'YES', 'bigint', 'bigint(20)', '', '', '');
INSERT INTO {prefix}recorded.tables_config VALUES
  ('shop', 'orders', 'OLAP', 'PRIMARY_KEYS', '`id`, `day of it`', '`day of it`', '`id`', 'HASH', 16, '`id`'),
  ('shop', 'uniques', 'OLAP', 'UNQ_KEYS', '`id`', '', '`id`', 'HASH', 0, ''),
  ('shop', 'events', 'OLAP', 'DUP_KEYS', '', '', '', 'RANDOM', 4, '`what`');
