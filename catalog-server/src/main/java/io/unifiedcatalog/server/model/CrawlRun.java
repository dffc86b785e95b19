package io.unifiedcatalog.server.model;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One crawl of one source.
 *
 * @param id grows with time
 * @param source the source's name
 * @param endTime null while it is under way
 * @param author who asked for it
 * @param error what went wrong with the run as a whole; empty if nothing did
 * @param databases one entry a database
 */
public record CrawlRun(
    long id,
    String source,
    CrawlRun.State state,
    Instant startTime,
    @Nullable Instant endTime,
    String author,
    String error,
    List<DatabaseOutcome> databases) {

  /** How a run stands; see {@code CrawlRun.State} in the API. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    HELD,
    FAILED,
    INTERRUPTED,
    CONFIRMED,
    DISCARDED
  }

  public CrawlRun {
    databases = List.copyOf(databases);
  }

  /** The same in another state. */
  public CrawlRun withState(State other) {
    return new CrawlRun(id, source, other, startTime, endTime, author, error, databases);
  }

  /** The same with each database as its {@link DatabaseOutcome#summary}. */
  public CrawlRun summary() {
    return new CrawlRun(
        id,
        source,
        state,
        startTime,
        endTime,
        author,
        error,
        databases.stream().map(DatabaseOutcome::summary).toList());
  }

  /**
   * What a crawl did with one database.
   *
   * @param nativeDatabase the name in the source
   * @param database the name in the catalog
   * @param message why it was held, failed or skipped; empty otherwise
   * @param dropped how many tables were dropped, or would be if it is held
   * @param breaking how many of the changes break those who read the tables
   * @param revision holds what was stored of it; 0 if nothing was
   * @param heldTables what a held database would drop, by the names in the source
   * @param problems columns and tables that could not be taken in whole
   */
  public record DatabaseOutcome(
      String nativeDatabase,
      String database,
      DatabaseOutcome.State state,
      String message,
      long added,
      long altered,
      long dropped,
      long unchanged,
      long breaking,
      long revision,
      Duration readTime,
      Duration storeTime,
      List<String> heldTables,
      List<TableProblem> problems) {

    /** How a database ended; see {@code DatabaseOutcome.State} in the API. */
    public enum State {
      CHANGED,
      UNCHANGED,
      HELD,
      FAILED,
      SKIPPED
    }

    public DatabaseOutcome {
      heldTables = List.copyOf(heldTables);
      problems = List.copyOf(problems);
    }

    /** The same without what it says of single tables, of which there may be very many. */
    public DatabaseOutcome summary() {
      return new DatabaseOutcome(
          nativeDatabase,
          database,
          state,
          message,
          added,
          altered,
          dropped,
          unchanged,
          breaking,
          revision,
          readTime,
          storeTime,
          List.of(),
          List.of());
    }
  }

  /** A problem of a table, which goes by its name in the source. */
  public record TableProblem(String table, Problem problem) {}
}
