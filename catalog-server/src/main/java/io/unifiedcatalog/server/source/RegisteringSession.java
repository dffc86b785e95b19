package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Registration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An open connection to a system whose tables are registered. */
public interface RegisteringSession extends SourceSession {
  /** None: the tables of such a system live in the database of its source's name. */
  @Override
  default List<String> databases() {
    return List.of();
  }

  @Override
  default void tables(String database, Visitor visitor) {}

  /**
   * What the system has that tables can be registered over, for example its topics, by name in
   * order. The system's own are left out. Empty if it has nothing that could be listed.
   *
   * @throws CatalogException UNAVAILABLE if the source failed
   */
  List<String> objects();

  /**
   * Which of {@link #objects} a table is over, as in the topic of its registration; empty: it is
   * over nothing that is listed.
   */
  Optional<String> objectOf(Registration registration);

  /**
   * How a table could be registered over something that has none: one sentence with the commands.
   *
   * @return empty if there is nothing to go by
   * @throws CatalogException UNAVAILABLE if the source failed
   */
  Optional<String> proposal(String object);

  /**
   * Asks the system whether it has what a table needs.
   *
   * @param create not null: what is missing is made, with these options
   * @throws CatalogException UNAVAILABLE if the source failed; INVALID_ARGUMENT if an option is
   *     wrong; FAILED_PRECONDITION if it cannot be made
   */
  Check check(Registration registration, @Nullable Map<String, String> create);

  /**
   * Looks at some of the data and proposes a table over it. Gentle: the system serves others, too.
   *
   * @param options what is known of the table
   * @param samples how many keys are sampled at most
   * @param visits how many keys are looked at, about, to find them
   * @throws CatalogException UNAVAILABLE if the source failed; INVALID_ARGUMENT if an option is
   *     wrong; NOT_FOUND if there is nothing to sample; FAILED_PRECONDITION if samples say nothing
   */
  default TableDraft infer(Map<String, String> options, int samples, long visits) {
    throw new CatalogException(
        ErrorCode.FAILED_PRECONDITION,
        "NOT_INFERRED",
        "The data of such a source does not say what it is: no table can be inferred. Register one"
            + " with its columns or a schema.");
  }

  /**
   * What {@link #check} saw.
   *
   * @param notes one sentence each
   * @param warnings what is wrong and may be mended later, one sentence each
   */
  record Check(List<String> notes, List<String> warnings) {
    public Check {
      notes = List.copyOf(notes);
      warnings = List.copyOf(warnings);
    }
  }
}
