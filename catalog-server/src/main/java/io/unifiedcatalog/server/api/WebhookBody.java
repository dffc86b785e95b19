package io.unifiedcatalog.server.api;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.unifiedcatalog.proto.v1.CrawlEnded;
import io.unifiedcatalog.server.crawl.Drift;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CrawlRun;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Source;
import io.unifiedcatalog.server.model.TableChange;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.WebhookMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** What the webhook tells of a run: {@code unified.catalog.v1.WebhookMessage} as JSON. */
public final class WebhookBody implements Function<WebhookMessage, String> {
  /** Receivers take small bodies; Standard Webhooks advises against more than some 20 kB. */
  private static final int MOST_CHANGES = 50;

  private final MetadataStore store;

  /** Bodies of the runs of a store. */
  public WebhookBody(MetadataStore store) {
    this.store = store;
  }

  /**
   * The body of a message. It is the same for each attempt.
   *
   * @throws CatalogException NOT_FOUND if the run is gone
   */
  @Override
  public String apply(WebhookMessage message) {
    CrawlRun run =
        store
            .run(message.runId())
            .orElseThrow(
                () -> CatalogException.notFound("Crawl run " + message.runId() + " is gone."));
    List<TableChange> breaking = breaking(run);
    io.unifiedcatalog.proto.v1.CrawlRun told =
        Messages.crawlRun(run.withState(message.state()).summary());
    CrawlEnded.Builder data =
        CrawlEnded.newBuilder().setRun(told).setMoreBreakingChanges(breaking.size() > MOST_CHANGES);
    breaking.stream()
        .limit(MOST_CHANGES)
        .forEach(change -> data.addBreakingChanges(Messages.tableChange(change)));
    try {
      return JsonFormat.printer()
          .omittingInsignificantWhitespace()
          .print(
              io.unifiedcatalog.proto.v1.WebhookMessage.newBuilder()
                  .setType("crawl." + message.state().name().toLowerCase(Locale.ROOT))
                  .setTimestamp(told.getEndTime())
                  .setData(data));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("A message without Any has a JSON form", e);
    }
  }

  private List<TableChange> breaking(CrawlRun run) {
    List<TableChange> breaking = new ArrayList<>();
    if (run.databases().stream().anyMatch(database -> database.breaking() > 0)) {
      source(run.source())
          .ifPresent(
              source ->
                  Drift.of(
                      store,
                      run,
                      source,
                      change -> {
                        if (change.breaking() > 0 && breaking.size() <= MOST_CHANGES) {
                          breaking.add(change);
                        }
                      }));
    }
    return breaking;
  }

  private Optional<Source> source(String name) {
    try {
      return Optional.of(store.source(name));
    } catch (CatalogException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        // Removed since; the run still counts how many changes there were.
        return Optional.empty();
      }
      throw e;
    }
  }
}
