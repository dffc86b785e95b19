package io.unifiedcatalog.server.source.doris;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What SHOW CREATE TABLE says of a table beside its columns, each clause on a line of its own. */
record TableLayout(Map<String, String> facts) {
  private static final Pattern PARTITION =
      Pattern.compile("(?m)^(?:AUTO )?PARTITION BY ((?:RANGE|LIST) ?\\(.*\\))\\s*$");
  private static final Pattern PARTITION_VALUES = Pattern.compile("(?m)^\\(?\\s*PARTITION ");
  private static final Pattern DISTRIBUTION =
      Pattern.compile("(?m)^DISTRIBUTED BY (RANDOM|HASH ?\\(.*?\\))(?: BUCKETS ([0-9]+|AUTO))?");

  TableLayout {
    facts = Map.copyOf(facts);
  }

  /** The layout by a statement as Doris prints it; what is not found in it is left out. */
  static TableLayout of(String createTable) {
    Map<String, String> facts = new TreeMap<>();
    Matcher partition = PARTITION.matcher(createTable);
    if (partition.find()) {
      facts.put("partition-by", partition.group(1));
      facts.put(
          "partitions",
          String.valueOf(
              PARTITION_VALUES.matcher(createTable.substring(partition.end())).results().count()));
    }
    Matcher distribution = DISTRIBUTION.matcher(createTable);
    if (distribution.find()) {
      facts.put("distributed-by", distribution.group(1));
      if (distribution.group(2) != null) {
        facts.put("buckets", distribution.group(2));
      }
    }
    return new TableLayout(facts);
  }
}
