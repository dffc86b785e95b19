-- What stands in for Doris: its tables, as far as MySQL has the types. Doris speaks MySQL's protocol, and Flink 2 reads it by that.
-- @PASSWORD@ is replaced by a password made for this run.

CREATE DATABASE marketing CHARACTER SET utf8mb4;
USE marketing;

CREATE TABLE campaigns (
  page     VARCHAR(200) NOT NULL,
  campaign VARCHAR(60)  NOT NULL,
  live     TINYINT(1)   NOT NULL COMMENT 'BOOLEAN in Doris',
  cost     DECIMAL(27, 9) NOT NULL,
  since    DATE         NOT NULL,
  settings JSON
) COMMENT 'What advertising costs';

INSERT INTO campaigns VALUES
  ('/books/tables',  'autumn reading', 1, 120.5,  '2026-10-01', '{"channel": "mail"}'),
  ('/music/glasses', 'small concerts', 0, 0.000000001, '2026-09-15', NULL);

CREATE USER 'marketing'@'%' IDENTIFIED BY '@PASSWORD@';
GRANT ALL ON marketing.* TO 'marketing'@'%';
