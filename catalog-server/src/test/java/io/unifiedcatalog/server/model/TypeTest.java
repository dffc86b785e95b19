package io.unifiedcatalog.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          boolean | BOOLEAN
          Integer | INT
          DOUBLE PRECISION | DOUBLE
          STRING | VARCHAR(2147483647)
          BYTES | VARBINARY(2147483647)
          CHAR | CHAR(1)
          VARCHAR(2147483647) | VARCHAR(2147483647)
          BINARY(16) | BINARY(16)
          VARBINARY(5) | VARBINARY(5)
          DECIMAL | DECIMAL(10, 0)
          NUMERIC(38) | DECIMAL(38, 0)
          DEC ( 20 , 20 ) | DECIMAL(20, 20)
          TIME | TIME(0)
          TIME(9) WITHOUT TIME ZONE | TIME(9)
          TIMESTAMP | TIMESTAMP(6)
          TIMESTAMP(3) WITHOUT TIME ZONE | TIMESTAMP(3)
          TIMESTAMP(9) WITH LOCAL TIME ZONE | TIMESTAMP(9) WITH LOCAL TIME ZONE
          TIMESTAMP_LTZ(0) | TIMESTAMP(0) WITH LOCAL TIME ZONE
          ARRAY<INT NOT NULL> | ARRAY<INT NOT NULL>
          ARRAY<ARRAY<INT NULL>> | ARRAY<ARRAY<INT>>
          MAP<STRING, BIGINT NOT NULL> | MAP<VARCHAR(2147483647) NOT NULL, BIGINT NOT NULL>
          ROW<a INT, `b ``c` TIME NOT NULL 'it''s'> | ROW<`a` INT, `b ``c` TIME(0) NOT NULL>
          ROW(größe INT) | ROW<`größe` INT>
          ROW<`date` DATE, r ROW<x MAP<INT, ROW<>>>> | ROW<`date` DATE, `r` ROW<`x` MAP<INT NOT NULL, ROW<>>>>
          """)
  void aTypeIsReadAndPrintedAsFlinkSerializesIt(String text, String printed) {
    assertThat(Type.parse(text).sql()).isEqualTo(printed);
    assertThat(Type.parse(printed).sql()).isEqualTo(printed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          "" | it ends early
          INTEGERS | type INTEGERS is not among those that a column can have: BOOLEAN
          INTERVAL DAY | type INTERVAL is not among those
          INT NOT NULL | 'NOT' is not expected after INT
          INT; DROP | '; DROP' cannot be read
          VARCHAR(0) | a whole number from 1 to 2147483647 is expected in place of '0'
          CHAR(99999999999999999999) | in place of '99999999999999999999'
          DECIMAL(39, 0) | a whole number from 1 to 38
          DECIMAL(5, 6) | a whole number from 0 to 5
          TIMESTAMP(10) | a whole number from 0 to 9
          TIMESTAMP(3) WITH TIME ZONE | 'WITH' is not expected after TIMESTAMP(3)
          ARRAY<INT | '>' is expected at its end
          ARRAY | '<' is expected at its end
          MAP<INT> | ',' is expected in place of '>'
          ROW<INT> | '>' is no type
          ROW<a INT, a INT> | two fields of a row are called 'a'
          ROW<`` INT> | a field of a row has no name
          ROW<`a INT> | '`a INT>' cannot be read
          ROW<1 INT> | a field's name is expected in place of '1'
          """)
  void whatIsNoTypeIsRefusedWithTheReason(String text, String reason) {
    assertThatThrownBy(() -> Type.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + text + "' is no type: ")
        .hasMessageContaining(reason);
  }

  @Test
  void aLongNameIsNoStrain() {
    String text = "ROW<`" + "n``".repeat(100_000) + "` INT>";
    assertThat(Type.parse(text).sql()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 100_000})
  void depthIsLimited(int depth) {
    String text = "ARRAY<".repeat(depth) + "INT" + ">".repeat(depth);
    if (depth <= 100) {
      assertThat(Type.parse(text).sql()).isEqualTo(text);
    } else {
      assertThatThrownBy(() -> Type.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nested more than 100 times");
    }
  }
}
