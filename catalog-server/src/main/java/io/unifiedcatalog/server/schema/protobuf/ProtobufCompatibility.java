package io.unifiedcatalog.server.schema.protobuf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FeatureSet;
import com.google.protobuf.DescriptorProtos.FeatureSet.JsonFormat;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.unifiedcatalog.server.model.Incompatibility;
import io.unifiedcatalog.server.schema.SchemaKind.Direction;
import io.unifiedcatalog.server.schema.protobuf.LinkedFiles.Place;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which changes of Protobuf schemas are compatible on the wire and, if asked, in JSON. The rules
 * bear the names that Buf gives them and find at least what its categories WIRE and WIRE_JSON find,
 * which a test holds against {@code buf breaking}.
 *
 * <p>Two sorts of rules: some say whether one side can read what the other wrote, and turn around
 * with the direction. The others keep a number or a name from being used again with another
 * meaning, and look from the older version to the newer one whoever reads.
 */
final class ProtobufCompatibility {
  private final LinkedFiles older;
  private final LinkedFiles newer;
  private final Direction direction;
  private final boolean json;
  private final List<Found> found = new ArrayList<>();

  /** An incompatibility, and the place that it is sorted by. */
  private record Found(Place place, Incompatibility incompatibility) {}

  private ProtobufCompatibility(
      LinkedFiles older, LinkedFiles newer, Direction direction, boolean json) {
    this.older = older;
    this.newer = newer;
    this.direction = direction;
    this.json = json;
  }

  static List<Incompatibility> check(
      LinkedFiles older, LinkedFiles newer, Direction direction, boolean json) {
    ProtobufCompatibility check = new ProtobufCompatibility(older, newer, direction, json);
    check.files();
    check.messages();
    check.enums();
    check.services();
    check.found.sort(Comparator.comparing(Found::place));
    return check.found.stream().map(Found::incompatibility).toList();
  }

  // ---- files, messages ----

  private void files() {
    for (FileDescriptor was : older.files()) {
      FileDescriptor is = newer.file(was.getFullName());
      if (is != null && !is.getPackage().equals(was.getPackage())) {
        add(
            "FILE_SAME_PACKAGE",
            older.place(was, Paths.PACKAGE, was.getPackage()),
            newer.place(is, Paths.PACKAGE, is.getPackage()),
            "The package of file "
                + was.getFullName()
                + " changed from '"
                + was.getPackage()
                + "' to '"
                + is.getPackage()
                + "', and with it the name of everything in it.",
            "Keep the package, and register the other one as a subject of its own.");
      }
    }
  }

  private void messages() {
    for (Descriptor was : older.messages().values()) {
      Descriptor is = newer.message(was.getFullName());
      if (is != null) {
        message(was, is);
        continue;
      }
      Descriptor around = was.getContainingType();
      if (around == null || newer.message(around.getFullName()) != null) {
        add(
            "PACKAGE_MESSAGE_NO_DELETE",
            place(older, was),
            null,
            "Message " + was.getFullName() + " was deleted.",
            "Keep it, and mark it with 'option deprecated = true;'.");
      }
    }
  }

  private void message(Descriptor was, Descriptor is) {
    Map<Integer, FieldDescriptor> fields = byNumber(newer.fields(is));
    Reserved reserved = Reserved.of(is.toProto());
    for (FieldDescriptor field : older.fields(was)) {
      FieldDescriptor now = fields.get(field.getNumber());
      if (now == null) {
        deleted(field, is, reserved);
      } else {
        field(field, now);
      }
    }
    required(was, is);
    Set<String> oneofs = new HashSet<>();
    is.getRealOneofs().forEach(oneof -> oneofs.add(oneof.getName()));
    for (OneofDescriptor oneof : was.getRealOneofs()) {
      if (!oneofs.contains(oneof.getName())) {
        add(
            "ONEOF_NO_DELETE",
            older.place(oneof.getFile(), Paths.of(oneof), oneof.getFullName()),
            place(newer, is),
            "Oneof " + oneof.getFullName() + " was deleted.",
            "Keep the oneof with its fields, and mark those with [deprecated = true].");
      }
    }
    reserved(
        "RESERVED_MESSAGE_NO_DELETE",
        place(older, was),
        place(newer, is),
        Reserved.of(was.toProto()),
        reserved);
    if (was.getOptions().getMessageSetWireFormat() != is.getOptions().getMessageSetWireFormat()) {
      add(
          "MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT",
          place(older, was),
          place(newer, is),
          "Message " + was.getFullName() + " changed its option message_set_wire_format.",
          "Keep the option as it was, and make a new message for the other encoding.");
    }
    if (json && loses(jsonFormat(was), jsonFormat(is))) {
      add(
          "MESSAGE_SAME_JSON_FORMAT",
          place(older, was),
          place(newer, is),
          "Message " + was.getFullName() + " no longer has a JSON format on the side that reads.",
          "Keep the feature json_format as it was.");
    }
  }

  private static Map<Integer, FieldDescriptor> byNumber(Collection<FieldDescriptor> fields) {
    Map<Integer, FieldDescriptor> numbered = new TreeMap<>();
    fields.forEach(field -> numbered.put(field.getNumber(), field));
    return numbered;
  }

  private void deleted(FieldDescriptor field, Descriptor is, Reserved reserved) {
    String what = what(field);
    if (field.isExtension()) {
      add(
          "PACKAGE_EXTENSION_NO_DELETE",
          place(older, field),
          null,
          what + " was deleted.",
          "Keep it, and mark it with [deprecated = true].");
      return;
    }
    if (!reserved.holds(field.getNumber())) {
      add(
          "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
          place(older, field),
          place(newer, is),
          what + " was deleted, and its number is free to be used for something else.",
          "Keep the field and mark it with [deprecated = true], or write 'reserved "
              + field.getNumber()
              + ";' in its place.");
    }
    if (json && !reserved.names.contains(field.getName())) {
      add(
          "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
          place(older, field),
          place(newer, is),
          what + " was deleted, and its name is free to be used for something else in JSON.",
          "Keep the field and mark it with [deprecated = true], or write 'reserved \""
              + field.getName()
              + "\";' too.");
    }
  }

  private void required(Descriptor was, Descriptor is) {
    Map<Integer, FieldDescriptor> before = byNumber(was.getFields());
    Map<Integer, FieldDescriptor> now = byNumber(is.getFields());
    Set<Integer> numbers = new TreeSet<>(before.keySet());
    numbers.addAll(now.keySet());
    for (int number : numbers) {
      FieldDescriptor old = before.get(number);
      FieldDescriptor field = now.get(number);
      boolean wasRequired = old != null && old.isRequired();
      boolean isRequired = field != null && field.isRequired();
      if (wasRequired == isRequired) {
        continue;
      }
      FieldDescriptor named = isRequired || old == null ? field : old;
      if (named == null) {
        continue;
      }
      add(
          "MESSAGE_SAME_REQUIRED_FIELDS",
          old == null ? place(older, was) : place(older, old),
          field == null ? place(newer, is) : place(newer, field),
          what(named)
              + (isRequired
                  ? " is required now: what was written without it cannot be read."
                  : " is required no longer: readers that require it cannot read what is written"
                      + " without it."),
          isRequired
              ? "Make it optional, and let the readers say what it means if it is absent."
              : "Keep it required, and always write it.");
    }
  }

  // ---- fields ----

  private void field(FieldDescriptor was, FieldDescriptor is) {
    cardinality(was, is);
    type(was, is, was, is);
    defaults(was, is);
    if (!was.isExtension() && !is.isExtension()) {
      oneof(was, is);
    }
    if (!json) {
      return;
    }
    String before = was.isExtension() ? was.getFullName() : was.getName();
    String now = is.isExtension() ? is.getFullName() : is.getName();
    if (!before.equals(now)) {
      add(
          "FIELD_SAME_NAME",
          was,
          is,
          what(was) + " is called '" + now + "' now, and JSON goes by names.",
          "Keep the name, or set json_name and have no reader that takes the name of the field.");
    }
    if (!was.isExtension() && !was.getJsonName().equals(is.getJsonName())) {
      add(
          "FIELD_SAME_JSON_NAME",
          was,
          is,
          what(was)
              + " changed its name in JSON from '"
              + was.getJsonName()
              + "' to '"
              + is.getJsonName()
              + "'.",
          "Set [json_name = \"" + was.getJsonName() + "\"].");
    }
  }

  private enum Cardinality {
    SINGULAR(1, 1),
    REQUIRED(2, 2),
    REPEATED(3, 3),
    // On the wire a map is its repeated entries.
    MAP(3, 4);

    private final int onWire;
    private final int inJson;

    Cardinality(int onWire, int inJson) {
      this.onWire = onWire;
      this.inJson = inJson;
    }

    static Cardinality of(FieldDescriptor field) {
      if (field.isMapField()) {
        return MAP;
      }
      return field.isRepeated() ? REPEATED : field.isRequired() ? REQUIRED : SINGULAR;
    }
  }

  private void cardinality(FieldDescriptor was, FieldDescriptor is) {
    Cardinality before = Cardinality.of(was);
    Cardinality now = Cardinality.of(is);
    if (json ? before.inJson != now.inJson : before.onWire != now.onWire) {
      add(
          json ? "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY" : "FIELD_WIRE_COMPATIBLE_CARDINALITY",
          was,
          is,
          what(was)
              + " was "
              + before.name().toLowerCase(Locale.ROOT)
              + " and is "
              + now.name().toLowerCase(Locale.ROOT)
              + " now.",
          newField(was));
    }
  }

  /**
   * Whether values of one field can be read as those of another.
   *
   * @param placeOfWas the field that is named: of a map, not the part of it that is compared
   */
  private void type(
      FieldDescriptor was,
      FieldDescriptor is,
      FieldDescriptor placeOfWas,
      FieldDescriptor placeOfIs) {
    String rule = json ? "FIELD_WIRE_JSON_COMPATIBLE_TYPE" : "FIELD_WIRE_COMPATIBLE_TYPE";
    FieldDescriptor written = written(was, is);
    FieldDescriptor reading = reading(was, is);
    boolean asBytes =
        !json
            && written.getType() == FieldDescriptor.Type.STRING
            && reading.getType() == FieldDescriptor.Type.BYTES;
    if (group(was.getType()) != group(is.getType()) && !asBytes) {
      add(
          rule,
          placeOfWas,
          placeOfIs,
          what(placeOfWas)
              + " changed its type from "
              + ProtobufColumns.nativeType(placeOfWas)
              + " to "
              + ProtobufColumns.nativeType(placeOfIs)
              + (encoding(was).equals(encoding(is))
                  ? "."
                  : ", and its encoding from " + encoding(was) + " to " + encoding(is) + "."),
          newField(placeOfWas));
      return;
    }
    switch (was.getJavaType()) {
      case MESSAGE -> {
        if (!was.getMessageType().getFullName().equals(is.getMessageType().getFullName())) {
          add(
              rule,
              placeOfWas,
              placeOfIs,
              what(placeOfWas)
                  + " changed its type from "
                  + ProtobufColumns.nativeType(placeOfWas)
                  + " to "
                  + ProtobufColumns.nativeType(placeOfIs)
                  + (was.isMapField() && is.isMapField()
                      ? ", or its name, after which the entries of a map are called."
                      : "."),
              newField(placeOfWas));
        } else if (was.getMessageType().getOptions().getMapEntry()
            || is.getMessageType().getOptions().getMapEntry()) {
          entry(was, is);
        }
      }
      case ENUM -> {
        EnumDescriptor before = written.getEnumType();
        EnumDescriptor now = reading.getEnumType();
        if (!before.getFullName().equals(now.getFullName())
            && !(before.getName().equals(now.getName()) && isSubset(before, now))) {
          add(
              rule,
              placeOfWas,
              placeOfIs,
              what(placeOfWas)
                  + " changed its type from "
                  + ProtobufColumns.nativeType(placeOfWas)
                  + " to "
                  + ProtobufColumns.nativeType(placeOfIs)
                  + ", which does not have the same values.",
              newField(placeOfWas));
        }
      }
      case STRING -> {
        if (is.getType() == FieldDescriptor.Type.STRING
            && !written.needsUtf8Check()
            && reading.needsUtf8Check()) {
          add(
              "FIELD_SAME_UTF8_VALIDATION",
              placeOfWas,
              placeOfIs,
              what(placeOfWas)
                  + " is read with a check of its UTF-8 and written without one: text that is not"
                  + " valid would make whole records unreadable.",
              "Keep the syntax of the file, or the feature utf8_validation of the field, as it"
                  + " was.");
        }
      }
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, BYTE_STRING -> {}
    }
  }

  /** The parts of a map, or of a message that stands in its place under the same name. */
  private void entry(FieldDescriptor was, FieldDescriptor is) {
    for (int number = 1; number <= 2; number++) {
      FieldDescriptor before = was.getMessageType().findFieldByNumber(number);
      FieldDescriptor now = is.getMessageType().findFieldByNumber(number);
      if (before != null && now != null) {
        type(before, now, was, is);
      } else if (before != now) {
        add(
            json ? "FIELD_WIRE_JSON_COMPATIBLE_TYPE" : "FIELD_WIRE_COMPATIBLE_TYPE",
            was,
            is,
            what(was) + " has other parts than the map that it was or has become.",
            newField(was));
      }
    }
  }

  /** Types of one group are read in each other's place. */
  private int group(FieldDescriptor.Type type) {
    return switch (type) {
      case INT32, UINT32 -> 1;
      case INT64, UINT64 -> json ? 2 : 1;
      case BOOL -> json ? 3 : 1;
      case SINT32 -> 4;
      case SINT64 -> json ? 5 : 4;
      case STRING -> 6;
      case BYTES -> 7;
      case FIXED32, SFIXED32 -> 8;
      case FIXED64, SFIXED64 -> 9;
      case DOUBLE -> 10;
      case FLOAT -> 11;
      case GROUP -> 12;
      case MESSAGE -> 13;
      case ENUM -> 14;
    };
  }

  private static String encoding(FieldDescriptor field) {
    return switch (field.getType()) {
      case GROUP -> "delimited";
      case MESSAGE -> "length-prefixed";
      case DOUBLE,
          FLOAT,
          INT32,
          INT64,
          UINT32,
          UINT64,
          SINT32,
          SINT64,
          FIXED32,
          FIXED64,
          SFIXED32,
          SFIXED64,
          BOOL,
          STRING,
          BYTES,
          ENUM ->
          "";
    };
  }

  private static boolean isSubset(EnumDescriptor few, EnumDescriptor many) {
    return few.getValues().stream()
        .allMatch(
            value -> {
              EnumValueDescriptor same = many.findValueByName(value.getName());
              return same != null && same.getNumber() == value.getNumber();
            });
  }

  private void oneof(FieldDescriptor was, FieldDescriptor is) {
    OneofDescriptor before = was.getRealContainingOneof();
    OneofDescriptor now = is.getRealContainingOneof();
    String nameBefore = before == null ? "" : before.getName();
    String nameNow = now == null ? "" : now.getName();
    if (!nameBefore.equals(nameNow)) {
      String change =
          before == null
              ? " moved into oneof " + nameNow
              : now == null
                  ? " moved out of oneof " + nameBefore
                  : " moved from oneof " + nameBefore + " to oneof " + nameNow;
      add(
          "FIELD_SAME_ONEOF",
          was,
          is,
          what(was) + change + ", so that other fields clear it or no longer do.",
          newField(was));
    }
  }

  private void defaults(FieldDescriptor was, FieldDescriptor is) {
    if (!canHaveDefault(was) || !canHaveDefault(is)) {
      return;
    }
    Object before = defaultOf(was);
    Object now = defaultOf(is);
    boolean same =
        before.equals(now)
            || (before instanceof BigDecimal one
                && now instanceof BigDecimal other
                && (one.compareTo(other) == 0
                    // A float's default is not exactly that of the double that is written the same.
                    || (isFloating(was)
                        && isFloating(is)
                        && one.floatValue() == other.floatValue())))
            || (isZero(before) && isZero(now));
    if (!same) {
      add(
          "FIELD_SAME_DEFAULT",
          was,
          is,
          what(was)
              + " changed its default from '"
              + was.toProto().getDefaultValue()
              + "' to '"
              + is.toProto().getDefaultValue()
              + "', which each side reads for itself where the field is absent.",
          "Keep the default as it was.");
    }
  }

  private static boolean canHaveDefault(FieldDescriptor field) {
    return !field.isRepeated() && field.getJavaType() != FieldDescriptor.JavaType.MESSAGE;
  }

  private static boolean isFloating(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.FLOAT
        || field.getType() == FieldDescriptor.Type.DOUBLE;
  }

  private static boolean isZero(Object value) {
    return value instanceof BigDecimal number ? number.signum() == 0 : value.equals("");
  }

  /** A default such that those of types which are read in each other's place can be compared. */
  private static Object defaultOf(FieldDescriptor field) {
    Object value = field.getDefaultValue();
    return switch (field.getType()) {
      case INT32, INT64, SINT32, SINT64, SFIXED32, SFIXED64 -> new BigDecimal(value.toString());
      case UINT32, FIXED32 -> new BigDecimal(Integer.toUnsignedString((Integer) value));
      case UINT64, FIXED64 -> new BigDecimal(Long.toUnsignedString((Long) value));
      case FLOAT, DOUBLE -> {
        double number = ((Number) value).doubleValue();
        yield Double.isFinite(number) ? new BigDecimal(number) : Double.toString(number);
      }
      case BOOL -> (Boolean) value ? BigDecimal.ONE : BigDecimal.ZERO;
      case ENUM -> BigDecimal.valueOf(((EnumValueDescriptor) value).getNumber());
      case STRING -> ByteString.copyFromUtf8((String) value).toString(ISO_8859_1);
      case BYTES -> ((ByteString) value).toString(ISO_8859_1);
      case MESSAGE, GROUP -> throw new IllegalStateException("A message has no default");
    };
  }

  private String newField(FieldDescriptor field) {
    return "Leave "
        + field.getName()
        + " as it was, mark it with [deprecated = true], and add a field with a new number and a"
        + " new name.";
  }

  // ---- enums ----

  private void enums() {
    for (EnumDescriptor was : older.enums().values()) {
      EnumDescriptor is = newer.enums().get(was.getFullName());
      if (is != null) {
        enumeration(was, is);
      }
    }
  }

  private void enumeration(EnumDescriptor was, EnumDescriptor is) {
    Map<Integer, List<EnumValueDescriptor>> before = byNumber(was);
    Map<Integer, List<EnumValueDescriptor>> now = byNumber(is);
    Reserved reserved = Reserved.of(is.toProto());
    before.forEach(
        (number, values) -> {
          List<EnumValueDescriptor> same = now.get(number);
          if (same == null) {
            deleted(number, values, is, reserved);
          } else if (json
              && !new HashSet<>(names(reading(values, same)))
                  .containsAll(names(written(values, same)))) {
            add(
                "ENUM_VALUE_SAME_NAME",
                place(older, values.get(0)),
                place(newer, same.get(0)),
                "Enum value "
                    + number
                    + " of "
                    + was.getFullName()
                    + " was called "
                    + String.join(", ", names(values))
                    + " and is called "
                    + String.join(", ", names(same))
                    + " now, and JSON goes by names.",
                "Keep the name, and add the other one as an alias with 'option allow_alias ="
                    + " true;'.");
          }
        });
    if (direction == Direction.FORWARD && (json || was.isClosed())) {
      now.forEach(
          (number, values) -> {
            if (!before.containsKey(number)) {
              add(
                  "ENUM_VALUE_KNOWN_TO_READER",
                  place(older, was),
                  place(newer, values.get(0)),
                  "Enum value "
                      + values.get(0).getName()
                      + " of "
                      + was.getFullName()
                      + " is new, and readers of the older version "
                      + (was.isClosed()
                          ? "lose it, as the enum is closed."
                          : "do not know its name in JSON."),
                  "Register a version with the value that nobody writes yet, with the"
                      + " compatibility BACKWARD, and write it once all readers have that"
                      + " version.");
            }
          });
    }
    if (!written(was, is).isClosed() && reading(was, is).isClosed()) {
      add(
          "ENUM_SAME_TYPE",
          place(older, was),
          place(newer, is),
          "Enum "
              + was.getFullName()
              + " is closed for those who read and open for those who write: they lose numbers that"
              + " they do not know.",
          "Keep the syntax of the file, or the feature enum_type of the enum, as it was.");
    }
    reserved(
        "RESERVED_ENUM_NO_DELETE",
        place(older, was),
        place(newer, is),
        Reserved.of(was.toProto()),
        reserved);
    if (json && loses(jsonFormat(was), jsonFormat(is))) {
      add(
          "ENUM_SAME_JSON_FORMAT",
          place(older, was),
          place(newer, is),
          "Enum " + was.getFullName() + " no longer has a JSON format on the side that reads.",
          "Keep the feature json_format as it was.");
    }
  }

  private void deleted(
      int number, List<EnumValueDescriptor> values, EnumDescriptor is, Reserved reserved) {
    String what =
        "Enum value "
            + String.join(", ", names(values))
            + " = "
            + number
            + " of "
            + is.getFullName()
            + " was deleted, and its ";
    if (!reserved.holds(number)) {
      add(
          "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
          place(older, values.get(0)),
          place(newer, is),
          what + "number is free to be used for something else.",
          "Keep the value and mark it with [deprecated = true], or write 'reserved "
              + number
              + ";' in its place.");
    }
    if (json && !reserved.names.containsAll(names(values))) {
      add(
          "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
          place(older, values.get(0)),
          place(newer, is),
          what + "name is free to be used for something else in JSON.",
          "Keep the value and mark it with [deprecated = true], or write 'reserved \""
              + String.join("\", \"", names(values))
              + "\";' too.");
    }
  }

  private static Map<Integer, List<EnumValueDescriptor>> byNumber(EnumDescriptor type) {
    Map<Integer, List<EnumValueDescriptor>> numbered = new LinkedHashMap<>();
    type.getValues()
        .forEach(
            value ->
                numbered
                    .computeIfAbsent(value.getNumber(), number -> new ArrayList<>())
                    .add(value));
    return numbered;
  }

  private static List<String> names(List<EnumValueDescriptor> values) {
    return values.stream().map(EnumValueDescriptor::getName).toList();
  }

  // ---- reserved numbers and names ----

  /**
   * What a message or an enum keeps from being used.
   *
   * @param ranges the last number by the first; none touches another
   */
  private record Reserved(TreeMap<Long, Long> ranges, Set<String> names) {
    static Reserved of(DescriptorProto message) {
      List<long[]> ranges = new ArrayList<>();
      message
          .getReservedRangeList()
          .forEach(range -> ranges.add(new long[] {range.getStart(), range.getEnd() - 1L}));
      return of(ranges, message.getReservedNameList());
    }

    static Reserved of(EnumDescriptorProto type) {
      List<long[]> ranges = new ArrayList<>();
      type.getReservedRangeList()
          .forEach(range -> ranges.add(new long[] {range.getStart(), range.getEnd()}));
      return of(ranges, type.getReservedNameList());
    }

    private static Reserved of(List<long[]> ranges, List<String> names) {
      ranges.sort(Comparator.comparingLong(range -> range[0]));
      TreeMap<Long, Long> merged = new TreeMap<>();
      for (long[] range : ranges) {
        Map.Entry<Long, Long> last = merged.lastEntry();
        if (last != null && range[0] <= last.getValue() + 1) {
          merged.put(last.getKey(), Math.max(last.getValue(), range[1]));
        } else {
          merged.put(range[0], range[1]);
        }
      }
      return new Reserved(merged, new LinkedHashSet<>(names));
    }

    boolean holds(long number) {
      return holds(number, number);
    }

    boolean holds(long first, long last) {
      Map.Entry<Long, Long> range = ranges.floorEntry(first);
      return range != null && range.getValue() >= last;
    }
  }

  private void reserved(String rule, Place was, Place is, Reserved before, Reserved now) {
    List<String> gone = new ArrayList<>();
    before.ranges.forEach(
        (first, last) -> {
          if (!now.holds(first, last)) {
            gone.add(first.equals(last) ? "" + first : first + " to " + last);
          }
        });
    for (String name : before.names) {
      if (!now.names.contains(name)) {
        gone.add("\"" + name + "\"");
      }
    }
    if (!gone.isEmpty()) {
      add(
          rule,
          was,
          is,
          "No longer reserved in "
              + was.name()
              + ", or not all of it: "
              + String.join(", ", gone)
              + ".",
          "Write 'reserved' for all of it again, and take another number or name for what is new.");
    }
  }

  // ---- JSON ----

  private boolean loses(JsonFormat before, JsonFormat now) {
    return written(before, now) == JsonFormat.ALLOW && reading(before, now) != JsonFormat.ALLOW;
  }

  private static JsonFormat jsonFormat(EnumDescriptor type) {
    // Linked options come without their features.
    FeatureSet features = type.toProto().getOptions().getFeatures();
    return features.hasJsonFormat()
        ? features.getJsonFormat()
        : jsonFormat(type.getContainingType(), type.getFile());
  }

  private static JsonFormat jsonFormat(Descriptor message) {
    return jsonFormat(message, message.getFile());
  }

  private static JsonFormat jsonFormat(@Nullable Descriptor innermost, FileDescriptor file) {
    for (Descriptor each = innermost; each != null; each = each.getContainingType()) {
      if (each.toProto().getOptions().getFeatures().hasJsonFormat()) {
        return each.toProto().getOptions().getFeatures().getJsonFormat();
      }
    }
    if (file.toProto().getOptions().getFeatures().hasJsonFormat()) {
      return file.toProto().getOptions().getFeatures().getJsonFormat();
    }
    boolean proto2 =
        file.toProto().getEdition() == Edition.EDITION_UNKNOWN
            && !file.toProto().getSyntax().equals("proto3");
    return proto2 ? JsonFormat.LEGACY_BEST_EFFORT : JsonFormat.ALLOW;
  }

  // ---- services ----

  private void services() {
    for (ServiceDescriptor was : older.services().values()) {
      ServiceDescriptor is = newer.services().get(was.getFullName());
      if (is == null) {
        continue;
      }
      for (MethodDescriptor method : was.getMethods()) {
        MethodDescriptor now = is.findMethodByName(method.getName());
        if (now != null) {
          method(method, now);
        }
      }
    }
  }

  private void method(MethodDescriptor was, MethodDescriptor is) {
    Map<String, List<Object>> values = new LinkedHashMap<>();
    values.put(
        "RPC_SAME_REQUEST_TYPE",
        List.of("request type", was.getInputType().getFullName(), is.getInputType().getFullName()));
    values.put(
        "RPC_SAME_RESPONSE_TYPE",
        List.of(
            "response type", was.getOutputType().getFullName(), is.getOutputType().getFullName()));
    values.put(
        "RPC_SAME_CLIENT_STREAMING",
        List.of("streaming of requests", was.isClientStreaming(), is.isClientStreaming()));
    values.put(
        "RPC_SAME_SERVER_STREAMING",
        List.of("streaming of responses", was.isServerStreaming(), is.isServerStreaming()));
    values.put(
        "RPC_SAME_IDEMPOTENCY_LEVEL",
        List.of(
            "idempotency level",
            was.getOptions().getIdempotencyLevel(),
            is.getOptions().getIdempotencyLevel()));
    values.forEach(
        (rule, change) -> {
          if (!change.get(1).equals(change.get(2))) {
            add(
                rule,
                older.place(was.getFile(), Paths.of(was), was.getFullName()),
                newer.place(is.getFile(), Paths.of(is), is.getFullName()),
                "The "
                    + change.get(0)
                    + " of "
                    + was.getFullName()
                    + " changed from "
                    + change.get(1)
                    + " to "
                    + change.get(2)
                    + ".",
                "Leave the method as it was, and add another one.");
          }
        });
  }

  // ---- who reads what ----

  private <T> T written(T was, T is) {
    return direction == Direction.BACKWARD ? was : is;
  }

  private <T> T reading(T was, T is) {
    return direction == Direction.BACKWARD ? is : was;
  }

  // ---- what is found ----

  private static String what(FieldDescriptor field) {
    return (field.isExtension() ? "Extension " : "Field ")
        + field.getFullName()
        + " = "
        + field.getNumber();
  }

  private static Place place(LinkedFiles files, Descriptor message) {
    return files.place(message.getFile(), Paths.of(message), message.getFullName());
  }

  private static Place place(LinkedFiles files, EnumDescriptor type) {
    return files.place(type.getFile(), Paths.of(type), type.getFullName());
  }

  private static Place place(LinkedFiles files, EnumValueDescriptor value) {
    return files.place(
        value.getFile(), Paths.of(value), value.getType().getFullName() + "." + value.getName());
  }

  private static Place place(LinkedFiles files, FieldDescriptor field) {
    return files.place(field.getFile(), Paths.of(field), field.getFullName());
  }

  private void add(
      String rule, FieldDescriptor was, FieldDescriptor is, String message, String remedy) {
    add(rule, place(older, was), place(newer, is), message, remedy);
  }

  private void add(String rule, Place was, @Nullable Place is, String message, String remedy) {
    found.add(
        new Found(
            was,
            new Incompatibility(
                rule, was.toString(), is == null ? "" : is.toString(), message, remedy)));
  }
}
