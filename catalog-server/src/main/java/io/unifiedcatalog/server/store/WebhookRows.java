package io.unifiedcatalog.server.store;

import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.store.MetadataStore.WebhookMessage;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The rows of what the webhook has yet to tell, in the transaction of a handle. */
final class WebhookRows {
  private final Handle handle;

  WebhookRows(Handle handle) {
    this.handle = handle;
  }

  /**
   * Has a run wait to be told.
   *
   * @param always false: only if the run before it of its source did not succeed
   */
  void add(long runId, CrawlRun.State state, boolean always) {
    handle
        .createUpdate(
            """
            INSERT INTO webhook_message (run_id, state)
            SELECT r.id, :state FROM crawl_run r
            WHERE r.id = :run AND (:always OR 'SUCCEEDED' IS DISTINCT FROM (
              SELECT b.state FROM crawl_run b
              WHERE b.source_id = r.source_id AND b.id < r.id
              ORDER BY b.id DESC LIMIT 1))
            """)
        .bind("run", runId)
        .bind("state", state)
        .bind("always", always)
        .execute();
  }

  Optional<WebhookMessage> claim(Duration time) {
    return handle
        .createQuery(
            """
            UPDATE webhook_message m SET attempts = m.attempts + 1, due_at =
              clock_timestamp() + :seconds * interval '1 second'
            FROM (
              SELECT id FROM webhook_message WHERE due_at <= clock_timestamp()
              ORDER BY due_at, run_id LIMIT 1 FOR UPDATE SKIP LOCKED) due
            WHERE m.id = due.id
            RETURNING m.id, m.run_id, m.state, m.attempts
            """)
        .bind("seconds", seconds(time))
        .map(
            (row, context) ->
                new WebhookMessage(
                    row.getObject("id", UUID.class),
                    row.getLong("run_id"),
                    CrawlRun.State.valueOf(row.getString("state")),
                    row.getInt("attempts")))
        .findOne();
  }

  /** Of an attempt that another has followed, nothing counts any more. */
  int postpone(WebhookMessage message, Duration time) {
    return handle
        .createUpdate(
            """
            UPDATE webhook_message
            SET due_at = clock_timestamp() + :seconds * interval '1 second'
            WHERE id = :id AND attempts = :attempts
            """)
        .bind("seconds", seconds(time))
        .bind("id", message.id())
        .bind("attempts", message.attempts())
        .execute();
  }

  int remove(WebhookMessage message) {
    return handle
        .createUpdate("DELETE FROM webhook_message WHERE id = :id")
        .bind("id", message.id())
        .execute();
  }

  long waiting() {
    return handle.createQuery("SELECT count(*) FROM webhook_message").mapTo(Long.class).one();
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
