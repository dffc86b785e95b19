-- Runs that ended and that the webhook has yet to tell; written in the transaction that ends a run.
CREATE TABLE webhook_message (
  -- The same for every attempt, so that its receiver can tell a repetition.
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  run_id bigint NOT NULL REFERENCES crawl_run ON DELETE CASCADE,
  -- How the run ended; a held one may be confirmed or discarded since.
  state text NOT NULL,
  -- Begun, the one under way included.
  attempts int NOT NULL DEFAULT 0,
  -- When the next attempt may begin. While one is under way, it is when others give it up for lost.
  due_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX webhook_message_due ON webhook_message (due_at);
CREATE INDEX webhook_message_run ON webhook_message (run_id);
