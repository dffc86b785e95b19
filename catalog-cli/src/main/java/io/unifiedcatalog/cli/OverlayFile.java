package io.unifiedcatalog.cli;

import io.unifiedcatalog.proto.v1.ComputedColumn;
import io.unifiedcatalog.proto.v1.MetadataColumn;
import io.unifiedcatalog.proto.v1.Overlay;
import io.unifiedcatalog.proto.v1.Watermark;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/** An overlay as a YAML file: the fields of the API's message, in kebab-case. */
final class OverlayFile {
  private static final Set<String> KEYS =
      new TreeSet<>(
          List.of(
              "watermark",
              "computed-columns",
              "metadata-columns",
              "primary-key",
              "hidden-columns",
              "column-comments",
              "comment",
              "owner",
              "tags",
              "options",
              "column-order",
              "etag"));
  private static final Set<String> WATERMARK_KEYS = new TreeSet<>(List.of("column", "expression"));
  private static final Set<String> COMPUTED_KEYS =
      new TreeSet<>(List.of("name", "expression", "comment"));
  private static final Set<String> METADATA_KEYS =
      new TreeSet<>(List.of("name", "type", "key", "virtual", "comment"));

  // Everything that is wrong, in the order of the file.
  private final List<String> faults = new ArrayList<>();

  private OverlayFile() {}

  /**
   * The text of a file, or of standard input for {@code -}.
   *
   * @throws CommandFailure if it cannot be read
   */
  static String text(Path file) {
    try {
      return file.toString().equals("-")
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(file);
    } catch (NoSuchFileException missing) {
      throw new CommandFailure(ExitCode.USAGE, "Overlay file %s does not exist.".formatted(file));
    } catch (IOException unreadable) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Overlay file %s cannot be read as UTF-8 text (%s)."
              .formatted(file, unreadable.getClass().getSimpleName()));
    }
  }

  /**
   * Reads a file's text.
   *
   * @param file its name, for messages
   * @throws CommandFailure if it is not such a file; names everything that is wrong with its line
   */
  static Overlay read(String text, String file) {
    Node root;
    try {
      root = new Yaml().compose(new StringReader(text));
    } catch (MarkedYAMLException malformed) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Overlay file %s is not YAML: line %d: %s."
              .formatted(file, malformed.getProblemMark().getLine() + 1, malformed.getProblem()));
    } catch (YAMLException malformed) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Overlay file %s is not YAML: %s".formatted(file, Text.line(malformed.toString())));
    }
    if (root == null) {
      return Overlay.getDefaultInstance();
    }
    OverlayFile reader = new OverlayFile();
    Overlay overlay = reader.overlay(root);
    if (!reader.faults.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Overlay file %s was not applied:\n  %s"
              .formatted(file, String.join("\n  ", reader.faults)));
    }
    return overlay;
  }

  private Overlay overlay(Node node) {
    Overlay.Builder overlay = Overlay.newBuilder();
    mapping(
        node,
        KEYS,
        (key, value) -> {
          switch (key) {
            case "watermark" -> overlay.setWatermark(watermark(value));
            case "computed-columns" ->
                sequence(value, item -> overlay.addComputedColumns(computed(item)));
            case "metadata-columns" ->
                sequence(value, item -> overlay.addMetadataColumns(metadata(item)));
            case "primary-key" -> sequence(value, item -> overlay.addPrimaryKey(text(item)));
            case "hidden-columns" -> sequence(value, item -> overlay.addHiddenColumns(text(item)));
            case "column-comments" ->
                mapping(
                    value, null, (column, item) -> overlay.putColumnComments(column, text(item)));
            case "comment" -> overlay.setComment(text(value));
            case "owner" -> overlay.setOwner(text(value));
            case "tags" -> mapping(value, null, (tag, item) -> overlay.putTags(tag, text(item)));
            case "options" ->
                mapping(value, null, (option, item) -> overlay.putOptions(option, text(item)));
            case "column-order" -> sequence(value, item -> overlay.addColumnOrder(text(item)));
            case "etag" -> overlay.setEtag(text(value));
            default -> throw new IllegalStateException(key);
          }
        });
    return overlay.build();
  }

  private Watermark watermark(Node node) {
    Watermark.Builder watermark = Watermark.newBuilder();
    mapping(
        node,
        WATERMARK_KEYS,
        (key, value) -> {
          switch (key) {
            case "column" -> watermark.setColumn(text(value));
            case "expression" -> watermark.setExpression(text(value));
            default -> throw new IllegalStateException(key);
          }
        });
    return watermark.build();
  }

  private ComputedColumn computed(Node node) {
    ComputedColumn.Builder column = ComputedColumn.newBuilder();
    mapping(
        node,
        COMPUTED_KEYS,
        (key, value) -> {
          switch (key) {
            case "name" -> column.setName(text(value));
            case "expression" -> column.setExpression(text(value));
            case "comment" -> column.setComment(text(value));
            default -> throw new IllegalStateException(key);
          }
        });
    return column.build();
  }

  private MetadataColumn metadata(Node node) {
    MetadataColumn.Builder column = MetadataColumn.newBuilder();
    mapping(
        node,
        METADATA_KEYS,
        (key, value) -> {
          switch (key) {
            case "name" -> column.setName(text(value));
            case "type" -> column.setType(text(value));
            case "key" -> column.setKey(text(value));
            case "virtual" -> column.setVirtual(truth(value));
            case "comment" -> column.setComment(text(value));
            default -> throw new IllegalStateException(key);
          }
        });
    return column.build();
  }

  /**
   * Hands over each entry; with {@code known}, entries of other keys are faults. No value is no
   * entry.
   */
  private void mapping(Node node, @Nullable Set<String> known, BiConsumer<String, Node> entry) {
    if (isNull(node)) {
      return;
    }
    if (!(node instanceof MappingNode mapping)) {
      fault(node, "here `key: value` lines are expected");
      return;
    }
    Set<String> seen = new TreeSet<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = text(tuple.getKeyNode());
      if (!seen.add(key)) {
        fault(tuple.getKeyNode(), "key '%s' stands here twice".formatted(key));
      } else if (known != null && !known.contains(key)) {
        fault(
            tuple.getKeyNode(),
            "key '%s' is unknown; known here: %s".formatted(key, String.join(", ", known)));
      } else if (!isNull(tuple.getValueNode())) {
        entry.accept(key, tuple.getValueNode());
      }
    }
  }

  private void sequence(Node node, Consumer<Node> item) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(item);
    } else {
      fault(node, "a list is expected, one `- ` line for each entry");
    }
  }

  private String text(Node node) {
    if (node instanceof ScalarNode scalar && !isNull(node)) {
      return scalar.getValue();
    }
    fault(node, "a text is expected");
    return "";
  }

  private boolean truth(Node node) {
    String text = text(node);
    if (!text.equals("true") && !text.equals("false")) {
      fault(node, "true or false is expected");
    }
    return text.equals("true");
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private void fault(Node node, String fault) {
    faults.add("line %d: %s.".formatted(node.getStartMark().getLine() + 1, fault));
  }

  /** An overlay as a file that {@link #read} takes; parts that are not set are left out. */
  static String write(Overlay overlay) {
    Map<String, Object> file = new LinkedHashMap<>();
    if (overlay.hasWatermark()) {
      Map<String, Object> watermark = new LinkedHashMap<>();
      put(watermark, "column", overlay.getWatermark().getColumn());
      put(watermark, "expression", overlay.getWatermark().getExpression());
      file.put("watermark", watermark);
    }
    List<Map<String, Object>> computed = new ArrayList<>();
    for (ComputedColumn column : overlay.getComputedColumnsList()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      put(entry, "name", column.getName());
      put(entry, "expression", column.getExpression());
      put(entry, "comment", column.getComment());
      computed.add(entry);
    }
    List<Map<String, Object>> metadata = new ArrayList<>();
    for (MetadataColumn column : overlay.getMetadataColumnsList()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      put(entry, "name", column.getName());
      put(entry, "type", column.getType());
      put(entry, "key", column.getKey());
      if (column.getVirtual()) {
        entry.put("virtual", true);
      }
      put(entry, "comment", column.getComment());
      metadata.add(entry);
    }
    put(file, "computed-columns", computed);
    put(file, "metadata-columns", metadata);
    put(file, "primary-key", List.copyOf(overlay.getPrimaryKeyList()));
    put(file, "hidden-columns", List.copyOf(overlay.getHiddenColumnsList()));
    put(file, "column-comments", overlay.getColumnCommentsMap());
    put(file, "comment", overlay.getComment());
    put(file, "owner", overlay.getOwner());
    put(file, "tags", overlay.getTagsMap());
    put(file, "options", overlay.getOptionsMap());
    put(file, "column-order", List.copyOf(overlay.getColumnOrderList()));
    put(file, "etag", overlay.getEtag());
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setSplitLines(false);
    options.setAllowUnicode(true);
    return file.isEmpty()
        ? ""
        : new Yaml(new SafeConstructor(new LoaderOptions()), new Representer(options), options)
            .dump(file);
  }

  private static void put(Map<String, Object> file, String key, String value) {
    if (!value.isEmpty()) {
      file.put(key, value);
    }
  }

  private static void put(Map<String, Object> file, String key, List<?> values) {
    if (!values.isEmpty()) {
      file.put(key, values);
    }
  }

  private static void put(Map<String, Object> file, String key, Map<String, String> values) {
    if (!values.isEmpty()) {
      file.put(key, new TreeMap<>(values));
    }
  }
}
