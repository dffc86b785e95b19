package io.unifiedcatalog.server.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SourceSystemsTest {
  @Test
  void anUnknownKindIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> SourceSystems.get("starocks"))
        .isInstanceOfSatisfying(
            CatalogException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessage(
            "Source kind 'starocks' is unknown. Known kinds: clickhouse, doris, kafka, mysql, postgres,"
                + " redis, starrocks.");
  }

  @Test
  void aDatabaseIsCalledByItsPattern() {
    assertThat(CommonOptions.parse(Map.of(), new ArrayList<>()).databaseName("mysql", "shop"))
        .isEqualTo("mysql_shop");
    assertThat(
            CommonOptions.parse(
                    Map.of("database-pattern", "{database}-{source}"), new ArrayList<>())
                .databaseName("a{database}", "$1"))
        .isEqualTo("$1-a{database}");
  }

  @Test
  void patternsQuoteWhatIsNoWildcard() {
    CommonOptions options =
        CommonOptions.parse(
            Map.of("include", "a\\.b.c(d)*, shop.o?ders ,x", "exclude", "x.secret\\*"),
            new ArrayList<>());
    List<String> through = new ArrayList<>();
    for (String[] table :
        new String[][] {
          {"a.b", "c(d)e"},
          {"axb", "c(d)"},
          {"shop", "orders"},
          {"shop", "oorders"},
          {"x", "any"},
          {"x", "secret*"},
          {"x", "secrets"},
          {"X", "any"}
        }) {
      if (options.includes(table[0], table[1])) {
        through.add(table[0] + "/" + table[1]);
      }
    }
    assertThat(through).containsExactly("a.b/c(d)e", "shop/orders", "x/any", "x/secrets");
  }
}
