package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The patterns of databases and tables, as the option {@code include} has them. */
class GlobTest {
  private static boolean includes(String pattern, String table) {
    List<Violation> violations = new ArrayList<>();
    CommonOptions options = CommonOptions.parse(Map.of("include", "d." + pattern), violations);
    assertThat(violations).isEmpty();
    return options.includes("d", table);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "a, a, true",
        "a, b, false",
        "a, ab, false",
        "a*, a, true",
        "*a, ba, true",
        "*a, ab, false",
        "a*b*c, axxbyyc, true",
        "a*b*c, axxbyy, false",
        "*ab*ab, aabab, true",
        "?, 😀, true",
        "??, 😀, false",
        "a?c, abc, true",
        "a\\*c, a*c, true",
        "a\\*c, abc, false",
        "a\\?c, abc, false",
        "[a], a, false",
        "(a|b), a, false",
        "***, anything, true",
      })
  void aStarIsAnyTextAndAQuestionMarkAnyCharacter(String pattern, String table, boolean matches) {
    assertThat(includes(pattern, table)).isEqualTo(matches);
  }

  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void manyStarsTakeNoTimeToSpeakOf() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(includes("*a".repeat(100) + "b", "a".repeat(250))).isFalse();
    }
    assertThat(includes("*".repeat(60_000), "a")).isTrue();
    assertThat(includes("*a".repeat(30_000), "a".repeat(250))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"x, 70000", "*, 1000000"})
  void aTextThatIsTooLongIsRefusedAndSaysHowLongItMayBe(String repeated, int times) {
    List<Violation> violations = new ArrayList<>();
    assertThatCode(() -> CommonOptions.parse(Map.of("exclude", repeated.repeat(times)), violations))
        .doesNotThrowAnyException();
    assertThat(violations)
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("source.options.exclude");
              assertThat(violation.message()).contains("65536").hasSizeLessThan(200);
            });
  }
}
