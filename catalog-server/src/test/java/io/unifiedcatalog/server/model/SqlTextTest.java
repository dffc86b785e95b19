package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlTextTest {
  @Test
  void identifiersAreFoundOutsideOfLiteralsAndComments() {
    assertThat(SqlText.identifiers("`a``b` + c -- d\n + 'e''f' /* g */ + 1e5 + h"))
        .containsExactly("a`b", "c", "h");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'", "`", "''", "``", "/*", "'x", "`x"})
  void aTextOfAnyLengthEndsNoStack(String repeated) {
    assertThat(SqlText.identifiers(repeated.repeat(200_001) + "'`*/ last")).isNotNull();
    assertThat(SqlText.identifiers("'" + "''".repeat(200_000) + "' + last"))
        .containsExactly("last");
    assertThat(SqlText.identifiers("`" + "``".repeat(200_000) + "` + last")).contains("last");
  }
}
