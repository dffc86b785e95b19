-- When a source is crawled by itself. A source without a row has no schedule, and the default limits.
CREATE TABLE crawl_schedule (
  source_id uuid PRIMARY KEY REFERENCES source,
  -- Five fields or a nickname such as @hourly; empty: off.
  cron text NOT NULL,
  time_zone text NOT NULL,
  jitter_seconds bigint NOT NULL,
  timeout_seconds bigint NOT NULL,
  retries int NOT NULL,
  backoff_seconds bigint NOT NULL,
  -- The moment that the schedule names next, and when it is to be crawled for it: later by the jitter, or by a
  -- retry's back-off. Both null: never. They move on in the transaction that records how the crawl ended, so that a
  -- crawl whose server is lost stays due.
  occurrence timestamptz,
  next_due timestamptz,
  -- Crawls begun for this occurrence, and those of them that failed.
  starts int NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0
);
CREATE INDEX crawl_schedule_due ON crawl_schedule (next_due) WHERE next_due IS NOT NULL;
