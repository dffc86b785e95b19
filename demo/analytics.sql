CREATE DATABASE analytics COMMENT 'What the web site is worth';

CREATE TABLE analytics.pages (
  page      LowCardinality(String),
  visitors  UInt64                       COMMENT 'Of the last 30 days',
  bounced   Nullable(Decimal(5, 2))      COMMENT 'Percent',
  last_seen DateTime64(3, 'Asia/Tokyo'),
  origins   Array(LowCardinality(String)),
  devices   Map(String, UInt32),
  digest    AggregateFunction(uniq, UInt64)
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(last_seen) ORDER BY page COMMENT 'How pages are looked at';

INSERT INTO analytics.pages (page, visitors, bounced, last_seen, origins, devices) VALUES
  ('/books/tables',  18446744073709551615, 12.5, '2026-11-01 09:15:00.125', ['mail', 'search'], {'phone': 3, 'desktop': 1}),
  ('/games',         412,                  NULL, '2026-11-01 23:59:59.999', [], {});
