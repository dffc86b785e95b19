package io.unifiedcatalog.server.source;

import io.unifiedcatalog.server.model.Column;
import java.util.List;
import java.util.Map;

/**
 * A proposal of a table, from samples of a source's data, and what speaks for and against it.
 *
 * @param table a name that it could have
 * @param options of its registration
 * @param kinds what the samples hold, the most frequent first; the draft is of the first
 * @param samples how many keys were sampled
 * @param visits how many keys were looked at, about
 * @param complete whether that was all
 * @param notes what else is to be known, one sentence each
 */
public record TableDraft(
    String table,
    Map<String, String> options,
    List<DraftColumn> columns,
    List<DraftKind> kinds,
    long samples,
    long visits,
    boolean complete,
    List<String> notes) {

  public TableDraft {
    options = Map.copyOf(options);
    columns = List.copyOf(columns);
    kinds = List.copyOf(kinds);
    notes = List.copyOf(notes);
  }

  /**
   * A column.
   *
   * @param present how many samples have it
   * @param values how many values were looked at
   * @param supporting how many of them its type holds
   * @param contradictions some of those that it does not hold
   */
  public record DraftColumn(
      Column column,
      long present,
      long values,
      long supporting,
      List<Contradiction> contradictions) {
    public DraftColumn {
      contradictions = List.copyOf(contradictions);
    }
  }

  /** A value that a type does not hold, and where it is; shortened. */
  public record Contradiction(String key, String value) {}

  /** What some samples hold, in the source's words, and one of them. */
  public record DraftKind(String kind, long samples, String exampleKey) {}
}
