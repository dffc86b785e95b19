package io.unifiedcatalog.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyPatternTest {
  @Test
  void columnsAreInBracesAndBracesAreDoubled() {
    KeyPattern plain = KeyPattern.parse("user:{user_id}:profile");
    assertThat(plain.columns()).containsExactly("user_id");
    assertThat(plain.glob()).isEqualTo("user:*:profile");
    assertThat(plain.key(new String[] {"42"})).isEqualTo("user:42:profile");
    assertThat(plain.values("user:42:profile")).containsExactly("42");
    assertThat(plain.values("user::profile")).containsExactly("");

    KeyPattern tagged = KeyPattern.parse("user:{{{user_id}}}:profile");
    assertThat(tagged.key(new String[] {"42"})).isEqualTo("user:{42}:profile");
    assertThat(tagged.values("user:{42}:profile")).containsExactly("42");

    KeyPattern two = KeyPattern.parse("{a}:{b}");
    assertThat(two.columns()).containsExactly("a", "b");
    assertThat(two.values("1:2:3")).containsExactly("1", "2:3");
  }

  @Test
  void whatScansPatternsGiveAMeaningIsMeantAsItIs() {
    assertThat(KeyPattern.parse("a*b?[c]\\{x}^").glob()).isEqualTo("a\\*b\\?\\[c\\]\\\\*\\^");
  }

  @ParameterizedTest
  @CsvSource({"user:42", "usr:42:profile", "user:profile", "user:42:profile:x", "''"})
  void aKeyOfAnotherShapeIsNone(String key) {
    assertThat(KeyPattern.parse("user:{user_id}:profile").values(key)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          user | has no column in braces
          user:{{id}} | has no column in braces
          user:{id | at character 6, a '{' without a column's name
          user:{} | at character 6, a '{' without a column's name
          user:{id}:} | at character 11, a '}' that closes nothing
          user:{id}}:x | at character 10, a '}' that closes nothing
          {a}{b} | at character 4, two columns with nothing between them
          {a}:{a} | at character 5, column 'a' for the second time
          """)
  void aPatternThatIsWrongIsToldWithWhere(String pattern, String message) {
    assertThatThrownBy(() -> KeyPattern.parse(pattern))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Key pattern '" + pattern + "' ")
        .hasMessageContaining(message);
  }

  @Test
  void aKeyFromWhichOtherValuesWouldBeReadIsRefused() {
    assertThatThrownBy(() -> KeyPattern.parse("{a}:{b}").key(new String[] {"1:2", "3"}))
        .hasMessage(
            "column 'a' is '1:2', in which ':' is found, which ends it in the key pattern '{a}:{b}'");
    assertThatThrownBy(() -> KeyPattern.parse("{a}::{b}").key(new String[] {"1:", "3"}))
        .hasMessageContaining("column 'a' is '1:'");
  }

  @Test
  void valuesComeBackFromTheirKeyOrHaveNone() {
    Random random = new Random(7);
    String[] patterns = {"{a}:{b}", "x{a}::{b}:y", "{a}aa{b}ab{c}", "{{{a}}}{{{b}}}"};
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      KeyPattern pattern = KeyPattern.parse(patterns[random.nextInt(patterns.length)]);
      String[] values = new String[pattern.columns().size()];
      for (int j = 0; j < values.length; j++) {
        StringBuilder value = new StringBuilder();
        for (int length = random.nextInt(5); length > 0; length--) {
          value.append("ab:{}x".charAt(random.nextInt(6)));
        }
        values[j] = value.toString();
      }
      try {
        assertThat(pattern.values(pattern.key(values))).containsExactly(values);
      } catch (IllegalArgumentException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1_000, 90_000);
  }
}
