package io.unifiedcatalog.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class ReasonsTest {
  @Test
  void aTraceOfTheGatewayIsReducedToWhatItsCausesSay() {
    String sent =
        """
        [Internal server error., <Exception on server side:
        org.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed to fetchResults.
        \tat org.apache.flink.table.gateway.rest.Some.method(Some.java:91)
        Caused by: org.apache.flink.table.api.ValidationException: SQL validation failed.
        Object 'nix' not found
        \tat org.apache.flink.table.planner.Other.method(Other.java:1)
        \t... 13 more
        Caused by: java.lang.IllegalStateException
        \tat a.B.c(B.java:1)

        End of exception on server side>]""";
    assertThat(Reasons.of(new ExecutionException(new RuntimeException(sent))))
        .containsExactly(
            "SQL validation failed.\nObject 'nix' not found", "java.lang.IllegalStateException");
  }

  @Test
  void aFailureOfThisProcessIsToldByItsOwnMessages() {
    assertThat(Reasons.of(new IllegalStateException("outer", new RuntimeException("inner"))))
        .containsExactly("outer", "inner");
  }

  @Test
  void aMessageThatRepeatsItsCauseIsToldOnce() {
    assertThat(Reasons.of(new RuntimeException(new IllegalStateException("full"))))
        .containsExactly("java.lang.IllegalStateException: full");
  }
}
