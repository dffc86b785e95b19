package io.unifiedcatalog.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatementsTest {
  @Test
  void aScriptIsCutAtItsSemicolons() {
    assertThat(Statements.of("SHOW TABLES;\nSELECT 1 ;"))
        .containsExactly("SHOW TABLES", "SELECT 1");
  }

  @Test
  void theLastStatementNeedsNoSemicolon() {
    assertThat(Statements.of("SELECT 1;\nSELECT 2\n")).containsExactly("SELECT 1", "SELECT 2");
  }

  @Test
  void aSemicolonInACommentALiteralOrAQuotedNameCutsNothing() {
    String statement =
        "-- one; two\nSELECT 'a;''b', `c;``d` /* e;f */ FROM t /*+ OPTIONS('g'=';') */";
    assertThat(Statements.of(statement + ";")).containsExactly(statement);
  }

  @Test
  void aCommentStaysWithTheStatementThatFollows() {
    assertThat(Statements.of("SELECT 1;\n-- why\nSELECT 2;\n-- the end\n"))
        .containsExactly("SELECT 1", "-- why\nSELECT 2");
  }

  @Test
  void aSignOfAnUnfinishedLiteralEndsWithTheScript() {
    assertThat(Statements.of("SELECT 'a;b")).containsExactly("SELECT 'a;b");
  }

  @Test
  void emptyStatementsAreLeftOut() {
    assertThat(Statements.of(";; ;\n/* nothing */;")).isEmpty();
  }
}
