package io.unifiedcatalog.server.schema.protobuf;

import io.unifiedcatalog.server.model.SchemaContent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A table of changes of Protobuf schemas, with the rules that they break. All are in the package
 * {@code shop} and the directory of that name.
 */
final class Changes {
  /**
   * A change.
   *
   * @param backward the rules that are broken if the new version reads, in order of the places
   * @param forward the same if the old version reads
   * @param backwardInJson the same as backward, where JSON counts too
   */
  record Case(
      String name,
      SchemaContent older,
      SchemaContent newer,
      List<String> backward,
      List<String> forward,
      List<String> backwardInJson,
      List<String> forwardInJson) {

    /** Broken whoever reads, and in JSON by the rules of the same kind. */
    Case breaks(String... rules) {
      return backward(rules).forward(rules);
    }

    Case backward(String... rules) {
      return new Case(
          name, older, newer, List.of(rules), forward, inJson(List.of(rules)), forwardInJson);
    }

    Case forward(String... rules) {
      return new Case(
          name, older, newer, backward, List.of(rules), backwardInJson, inJson(List.of(rules)));
    }

    /** What is broken in JSON, whoever reads. */
    Case breaksInJson(String... rules) {
      return backwardInJson(rules).forwardInJson(rules);
    }

    Case backwardInJson(String... rules) {
      return new Case(name, older, newer, backward, forward, List.of(rules), forwardInJson);
    }

    Case forwardInJson(String... rules) {
      return new Case(name, older, newer, backward, forward, backwardInJson, List.of(rules));
    }

    private static List<String> inJson(List<String> rules) {
      return rules.stream()
          .map(rule -> rule.replace("FIELD_WIRE_COMPATIBLE", "FIELD_WIRE_JSON_COMPATIBLE"))
          .toList();
    }
  }

  private static final String FIELD_GONE = "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED";
  private static final String FIELD_NAME_GONE = "FIELD_NO_DELETE_UNLESS_NAME_RESERVED";
  private static final String VALUE_GONE = "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED";
  private static final String VALUE_NAME_GONE = "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED";
  private static final String TYPE = "FIELD_WIRE_COMPATIBLE_TYPE";
  private static final String JSON_TYPE = "FIELD_WIRE_JSON_COMPATIBLE_TYPE";
  private static final String CARDINALITY = "FIELD_WIRE_COMPATIBLE_CARDINALITY";
  private static final String JSON_CARDINALITY = "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY";
  private static final String NAME = "FIELD_SAME_NAME";
  private static final String JSON_NAME = "FIELD_SAME_JSON_NAME";
  private static final String ONEOF = "FIELD_SAME_ONEOF";
  private static final String ONEOF_GONE = "ONEOF_NO_DELETE";
  private static final String REQUIRED = "MESSAGE_SAME_REQUIRED_FIELDS";
  private static final String MESSAGE_GONE = "PACKAGE_MESSAGE_NO_DELETE";
  private static final String RESERVED = "RESERVED_MESSAGE_NO_DELETE";
  private static final String ENUM_RESERVED = "RESERVED_ENUM_NO_DELETE";
  private static final String NEW_VALUE = "ENUM_VALUE_KNOWN_TO_READER";

  private Changes() {}

  static List<Case> all() {
    List<Case> all = new ArrayList<>();
    fields(all);
    types(all);
    cardinalities(all);
    oneofs(all);
    enums(all);
    reserved(all);
    files(all);
    services(all);
    return all;
  }

  /** Changes that a random generator makes, for which only a yardstick can say what they break. */
  static List<Case> random(int count) {
    Random random = new Random(20260101);
    List<Case> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean proto2 = random.nextInt(3) == 0;
      String syntax = proto2 ? "syntax = \"proto2\";" : "syntax = \"proto3\";";
      all.add(headed("random " + i, syntax, anySchema(random, proto2), anySchema(random, proto2)));
    }
    return all;
  }

  /** Few names and numbers, so that the two of a case mostly meet. */
  private static String anySchema(Random random, boolean proto2) {
    return anyEnum(random, proto2)
        + " message B { int32 x = 1; } message C { int32 x = 1; enum E { E_0 = 0; E_1 = 1; } }"
            .replace("int32 x", proto2 ? "optional int32 x" : "int32 x")
        + (random.nextInt(8) == 0 ? "" : " message D {}")
        + anyMessage(random, proto2);
  }

  private static String anyEnum(Random random, boolean proto2) {
    StringBuilder type = new StringBuilder(" enum E {");
    List<String> names = shuffled(random, "E_0", "E_1", "E_2", "E_3", "E_4", "E_5");
    for (int number = 0; number < 4; number++) {
      if (number == 0 || random.nextBoolean()) {
        type.append(' ')
            .append(random.nextInt(3) == 0 ? names.get(number) : "V_" + number)
            .append(" = ")
            .append(number)
            .append(';');
      } else if (random.nextInt(3) == 0) {
        type.append(" reserved ").append(number).append(";");
        type.append(random.nextBoolean() ? " reserved \"V_" + number + "\";" : "");
      }
    }
    return type.append(proto2 ? " } " : " }").toString();
  }

  private static String anyMessage(Random random, boolean proto2) {
    StringBuilder message = new StringBuilder(" message A {");
    StringBuilder oneof = new StringBuilder();
    List<String> names = shuffled(random, "g", "h", "i", "j", "k", "l", "m");
    for (int number = 1; number <= 6; number++) {
      String name = random.nextInt(4) == 0 ? names.get(number) : "f" + number;
      String end = " " + name + " = " + number + ";";
      int kind = random.nextInt(10);
      if (kind == 0) {
        message.append(" reserved ").append(number).append(';');
        message.append(random.nextBoolean() ? " reserved \"f" + number + "\";" : "");
      } else if (kind == 1) {
        message
            .append(" map<")
            .append(any(random, "int32", "string", "int64"))
            .append(", ")
            .append(anyType(random))
            .append('>')
            .append(end);
      } else if (kind == 2) {
        oneof.append(' ').append(anyType(random)).append(end);
      } else if (kind == 3) {
        message.append(" repeated ").append(anyType(random)).append(end);
      } else if (kind > 4) {
        String label = proto2 ? any(random, "optional ", "optional ", "required ") : "";
        message.append(' ').append(label).append(anyType(random)).append(end);
      }
    }
    if (!oneof.isEmpty()) {
      message.append(any(random, " oneof o {", " oneof p {")).append(oneof).append(" }");
    }
    return message.append(" }").toString();
  }

  private static String anyType(Random random) {
    return any(
        random,
        "int32",
        "int32",
        "int64",
        "uint64",
        "bool",
        "sint32",
        "sint64",
        "string",
        "string",
        "bytes",
        "fixed32",
        "sfixed32",
        "float",
        "double",
        "E",
        "C.E",
        "B",
        "C");
  }

  private static String any(Random random, String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  private static List<String> shuffled(Random random, String... texts) {
    List<String> shuffled = new ArrayList<>(List.of(texts));
    Collections.shuffle(shuffled, random);
    return shuffled;
  }

  private static void fields(List<Case> all) {
    all.add(of("field added", "int32 a = 1;", "int32 a = 1; int32 b = 2;"));
    all.add(
        of("field deleted", "int32 a = 1; int32 b = 2;", "int32 a = 1;")
            .breaks(FIELD_GONE)
            .breaksInJson(FIELD_GONE, FIELD_NAME_GONE));
    all.add(
        of("field deleted, its number reserved", "int32 a = 1;", "reserved 1;")
            .breaksInJson(FIELD_NAME_GONE));
    all.add(
        of("field deleted, its name reserved", "int32 a = 1;", "reserved \"a\";")
            .breaks(FIELD_GONE));
    all.add(
        of(
            "field deleted, its number and name reserved",
            "int32 a = 5;",
            "reserved 1 to 9; reserved \"a\";"));
    all.add(of("field renamed", "int32 a = 1;", "int32 b = 1;").breaksInJson(NAME, JSON_NAME));
    all.add(
        of("name in JSON changed", "int32 a = 1;", "int32 a = 1 [json_name = \"z\"];")
            .breaksInJson(JSON_NAME));
    all.add(
        of("field number reused with another type", "int32 a = 1;", "string b = 1;")
            .breaks(TYPE)
            .breaksInJson(JSON_TYPE, NAME, JSON_NAME));
    all.add(
        of("field renumbered", "int32 a = 1;", "int32 a = 2;")
            .breaks(FIELD_GONE)
            .breaksInJson(FIELD_GONE, FIELD_NAME_GONE));
    all.add(
        proto2(
                "default changed",
                "message A { optional int32 a = 1 [default = 5]; }",
                "message A { optional int32 a = 1 [default = 6]; }")
            .breaks("FIELD_SAME_DEFAULT"));
    all.add(
        proto2(
                "default added",
                "message A { optional string a = 1; optional bytes b = 2; }",
                "message A { optional string a = 1 [default = \"x\"]; optional bytes b = 2"
                    + " [default = \"y\"]; }")
            .breaks("FIELD_SAME_DEFAULT", "FIELD_SAME_DEFAULT"));
    all.add(
        proto2(
            "default written out",
            "message A { optional int32 a = 1; optional double d = 2 [default = 1.5]; }",
            "message A { optional int32 a = 1 [default = 0]; optional double d = 2 [default ="
                + " 15e-1]; }"));
    all.add(
        proto2(
                "extension deleted",
                "message A { extensions 10 to 20; } extend A { optional int32 x = 10; }",
                "message A { extensions 10 to 20; }")
            .breaks("PACKAGE_EXTENSION_NO_DELETE"));
    all.add(
        proto2(
                "type of an extension changed",
                "message A { extensions 10 to 20; } extend A { optional int32 x = 10; }",
                "message A { extensions 10 to 20; } extend A { optional string x = 10; }")
            .breaks(TYPE));
  }

  private static void types(List<Case> all) {
    all.add(of("int32 to int64", "int32 a = 1;", "int64 a = 1;").breaksInJson(JSON_TYPE));
    all.add(of("uint32 to bool", "uint32 a = 1;", "bool a = 1;").breaksInJson(JSON_TYPE));
    all.add(of("int64 to uint64", "int64 a = 1;", "uint64 a = 1;"));
    all.add(of("fixed32 to sfixed32", "fixed32 a = 1;", "sfixed32 a = 1;"));
    all.add(of("sint32 to sint64", "sint32 a = 1;", "sint64 a = 1;").breaksInJson(JSON_TYPE));
    all.add(of("int32 to sint32", "int32 a = 1;", "sint32 a = 1;").breaks(TYPE));
    all.add(of("int32 to fixed32", "int32 a = 1;", "fixed32 a = 1;").breaks(TYPE));
    all.add(of("fixed32 to fixed64", "fixed32 a = 1;", "fixed64 a = 1;").breaks(TYPE));
    all.add(of("float to double", "float a = 1;", "double a = 1;").breaks(TYPE));
    all.add(of("int32 to string", "int32 a = 1;", "string a = 1;").breaks(TYPE));
    all.add(
        of("string to bytes", "string a = 1;", "bytes a = 1;")
            .forward(TYPE)
            .breaksInJson(JSON_TYPE));
    all.add(
        of("bytes to string", "bytes a = 1;", "string a = 1;")
            .backward(TYPE)
            .breaksInJson(JSON_TYPE));
    all.add(
        proto3(
                "int32 to enum",
                "enum E { E_0 = 0; } message A { int32 a = 1; }",
                "enum E { E_0 = 0; } message A { E a = 1; }")
            .breaks(TYPE));
    all.add(
        proto3(
                "bytes to message",
                "message B {} message A { bytes a = 1; }",
                "message B {} message A { B a = 1; }")
            .breaks(TYPE));
    all.add(
        proto3(
                "message to another of the same shape",
                "message B { int32 x = 1; } message C { int32 x = 1; } message A { B a = 1; }",
                "message B { int32 x = 1; } message C { int32 x = 1; } message A { C a = 1; }")
            .breaks(TYPE));
    all.add(
        proto3(
            "enum to one of the same name and values",
            "enum E { E_0 = 0; E_1 = 1; } message B { enum E { E_0 = 0; E_1 = 1; } } message A { E"
                + " a = 1; }",
            "enum E { E_0 = 0; E_1 = 1; } message B { enum E { E_0 = 0; E_1 = 1; } } message A {"
                + " B.E a = 1; }"));
    all.add(
        proto3(
                "enum to one of the same name and more values",
                "enum E { E_0 = 0; } message B { enum E { E_0 = 0; E_1 = 1; } } message A { E a ="
                    + " 1; }",
                "enum E { E_0 = 0; } message B { enum E { E_0 = 0; E_1 = 1; } } message A { B.E a ="
                    + " 1; }")
            .forward(TYPE));
    all.add(
        proto3(
                "enum to one of another name",
                "enum E { E_0 = 0; } enum F { F_0 = 0; } message A { E a = 1; }",
                "enum E { E_0 = 0; } enum F { F_0 = 0; } message A { F a = 1; }")
            .breaks(TYPE));
    all.add(
        proto2(
                "group to message",
                "message A { optional group B = 1 { optional int32 x = 1; } }",
                "message A { message B { optional int32 x = 1; } optional B b = 1; }")
            .breaks(TYPE));
    all.add(
        editions(
                "length-prefixed to delimited",
                "message B {} message A { B b = 1; }",
                "message B {} message A { B b = 1 [features.message_encoding = DELIMITED]; }")
            .breaks(TYPE));
    all.add(
        of(
                "value of a map from int32 to string",
                "map<string, int32> m = 1;",
                "map<string, string> m = 1;")
            .breaks(TYPE));
    all.add(
        of(
                "value of a map from int32 to int64",
                "map<string, int32> m = 1;",
                "map<string, int64> m = 1;")
            .breaksInJson(JSON_TYPE));
    all.add(
        of(
                "key of a map from int32 to string",
                "map<int32, int32> m = 1;",
                "map<string, int32> m = 1;")
            .breaks(TYPE));
    all.add(
        of("map renamed", "map<int32, int32> m = 1;", "map<int32, int32> n = 1;")
            .breaks(TYPE)
            .breaksInJson(JSON_TYPE, NAME, JSON_NAME));
    all.add(
        editions(
                "strings are checked from now on",
                "message A { string a = 1 [features.utf8_validation = NONE]; }",
                "message A { string a = 1; }")
            .backward("FIELD_SAME_UTF8_VALIDATION"));
  }

  private static void cardinalities(List<Case> all) {
    all.add(
        of("singular to repeated", "string a = 1;", "repeated string a = 1;").breaks(CARDINALITY));
    all.add(
        of("repeated to singular", "repeated int32 a = 1;", "int32 a = 1;").breaks(CARDINALITY));
    all.add(of("implicit to explicit presence", "int32 a = 1;", "optional int32 a = 1;"));
    all.add(of("explicit to implicit presence", "optional int32 a = 1;", "int32 a = 1;"));
    all.add(
        of(
            "packed to unpacked",
            "repeated int32 a = 1;",
            "repeated int32 a = 1 [packed = false];"));
    all.add(
        of("map to repeated string", "map<string, string> m = 1;", "repeated string m = 1;")
            .breaks(TYPE)
            .breaksInJson(JSON_CARDINALITY, JSON_TYPE));
    all.add(
        of(
                "map to its repeated entries",
                "map<string, string> m = 1;",
                "repeated MEntry m = 1; message MEntry { string key = 1; string value = 2; }")
            .breaksInJson(JSON_CARDINALITY));
    all.add(
        of(
                "map to repeated entries of another type",
                "map<string, string> m = 1;",
                "repeated MEntry m = 1; message MEntry { string key = 1; int32 value = 2; }")
            .breaks(TYPE)
            .breaksInJson(JSON_CARDINALITY, JSON_TYPE));
    all.add(
        proto2(
                "required field added",
                "message A { optional int32 a = 1; }",
                "message A { optional int32 a = 1; required int32 b = 2; }")
            .breaks(REQUIRED));
    all.add(
        proto2(
                "required field deleted",
                "message A { required int32 a = 1; }",
                "message A { reserved 1; reserved \"a\"; }")
            .breaks(REQUIRED));
    all.add(
        proto2(
                "optional to required",
                "message A { optional int32 a = 1; }",
                "message A { required int32 a = 1; }")
            .breaks(CARDINALITY, REQUIRED));
    all.add(
        proto2(
                "required to optional",
                "message A { required int32 a = 1; }",
                "message A { optional int32 a = 1; }")
            .breaks(CARDINALITY, REQUIRED));
  }

  private static void oneofs(List<Case> all) {
    all.add(
        of(
            "field added to a oneof",
            "oneof o { int32 a = 1; }",
            "oneof o { int32 a = 1; int32 b = 2; }"));
    all.add(
        of(
                "field moved into a oneof",
                "int32 a = 1; oneof o { int32 b = 2; }",
                "oneof o { int32 a = 1; int32 b = 2; }")
            .breaks(ONEOF));
    all.add(
        of(
                "field moved out of a oneof",
                "oneof o { int32 a = 1; int32 b = 2; }",
                "int32 a = 1; oneof o { int32 b = 2; }")
            .breaks(ONEOF));
    all.add(
        of(
                "oneof deleted, its fields kept",
                "oneof o { int32 a = 1; int32 b = 2; }",
                "int32 a = 1; int32 b = 2;")
            .breaks(ONEOF_GONE, ONEOF, ONEOF));
    all.add(
        of(
                "oneof deleted, its fields reserved",
                "oneof o { int32 a = 1; }",
                "reserved 1; reserved \"a\";")
            .breaks(ONEOF_GONE));
    all.add(
        of("oneof renamed", "oneof o { int32 a = 1; }", "oneof p { int32 a = 1; }")
            .breaks(ONEOF_GONE, ONEOF));
  }

  private static void enums(List<Case> all) {
    all.add(
        proto3("value added to an open enum", "enum E { E_0 = 0; }", "enum E { E_0 = 0; E_1 = 1; }")
            .forwardInJson(NEW_VALUE));
    all.add(
        proto2(
                "value added to a closed enum",
                "enum E { E_0 = 0; }",
                "enum E { E_0 = 0; E_1 = 1; }")
            .forward(NEW_VALUE));
    all.add(
        proto3("enum value deleted", "enum E { E_0 = 0; E_1 = 1; }", "enum E { E_0 = 0; }")
            .breaks(VALUE_GONE)
            .breaksInJson(VALUE_GONE, VALUE_NAME_GONE));
    all.add(
        proto3(
                "enum value deleted, its number reserved",
                "enum E { E_0 = 0; E_1 = 1; }",
                "enum E { E_0 = 0; reserved 1; }")
            .breaksInJson(VALUE_NAME_GONE));
    all.add(
        proto3(
            "enum value deleted, its number and name reserved",
            "enum E { E_0 = 0; E_1 = 1; }",
            "enum E { E_0 = 0; reserved 1; reserved \"E_1\"; }"));
    all.add(
        proto3("enum value renamed", "enum E { E_0 = 0; E_1 = 1; }", "enum E { E_0 = 0; E_2 = 1; }")
            .breaksInJson("ENUM_VALUE_SAME_NAME"));
    all.add(
        proto3(
                "enum value given another name too",
                "enum E { E_0 = 0; E_1 = 1; }",
                "enum E { option allow_alias = true; E_0 = 0; E_1 = 1; E_2 = 1; }")
            .forwardInJson("ENUM_VALUE_SAME_NAME"));
    all.add(
        editions(
                "enum closed",
                "enum E { E_0 = 0; }",
                "enum E { option features.enum_type = CLOSED; E_0 = 0; }")
            .backward("ENUM_SAME_TYPE"));
    all.add(
        editions(
                "JSON given up",
                "enum E { E_0 = 0; } message A {}",
                "enum E { option features.json_format = LEGACY_BEST_EFFORT; E_0 = 0; } message A {"
                    + " option features.json_format = LEGACY_BEST_EFFORT; }")
            .backwardInJson("ENUM_SAME_JSON_FORMAT", "MESSAGE_SAME_JSON_FORMAT"));
  }

  private static void reserved(List<Case> all) {
    all.add(of("number no longer reserved", "reserved 1 to 3;", "reserved 1, 3;").breaks(RESERVED));
    all.add(of("reserved numbers written otherwise", "reserved 1 to 4;", "reserved 3 to 9, 1, 2;"));
    all.add(
        of("reserved to the end no longer", "reserved 5 to max;", "reserved 5 to 1000;")
            .breaks(RESERVED));
    all.add(
        of("name no longer reserved", "reserved \"a\", \"b\";", "reserved \"a\";")
            .breaks(RESERVED));
    all.add(of("reserved number used", "reserved 1;", "string a = 1;").breaks(RESERVED));
    all.add(
        proto3(
                "number of an enum no longer reserved",
                "enum E { E_0 = 0; reserved -5 to -1, 7; reserved \"X\"; }",
                "enum E { E_0 = 0; reserved -4 to -1, 7; reserved \"X\"; }")
            .breaks(ENUM_RESERVED));
    all.add(
        proto3(
                "name of an enum no longer reserved",
                "enum E { E_0 = 0; reserved \"X\"; }",
                "enum E { E_0 = 0; }")
            .breaks(ENUM_RESERVED));
  }

  private static void files(List<Case> all) {
    all.add(
        new Case(
                "package changed",
                file("syntax = \"proto3\"; package shop; message A { int32 a = 1; }"),
                file("syntax = \"proto3\"; package shop.v2; message A { int32 a = 1; }"),
                List.of(),
                List.of(),
                List.of(),
                List.of())
            .breaks("FILE_SAME_PACKAGE", MESSAGE_GONE));
    all.add(
        proto3("message deleted", "message A {} message B {}", "message A {}")
            .breaks(MESSAGE_GONE));
    all.add(
        proto3(
                "message with others in it deleted",
                "message A {} message B { message C { message D {} } }",
                "message A {}")
            .breaks(MESSAGE_GONE));
    all.add(
        proto3(
                "nested message deleted",
                "message A { message B {} message C {} }",
                "message A { message C {} }")
            .breaks(MESSAGE_GONE));
    all.add(
        new Case(
            "message moved to another file",
            files(
                "shop/a.proto",
                "message A {} message B { int32 x = 1; }",
                "shop/b.proto",
                "enum E { E_0 = 0; }"),
            files(
                "shop/a.proto",
                "message A {}",
                "shop/b.proto",
                "enum E { E_0 = 0; } message B { int32 x = 1; }"),
            List.of(),
            List.of(),
            List.of(),
            List.of()));
    all.add(
        new Case(
                "imported message changed",
                files(
                    "shop/a.proto",
                    "import \"shop/b.proto\"; message A { B b = 1; }",
                    "shop/b.proto",
                    "message B { int32 x = 1; }"),
                files(
                    "shop/a.proto",
                    "import \"shop/b.proto\"; message A { B b = 1; }",
                    "shop/b.proto",
                    "message B { string x = 1; }"),
                List.of(),
                List.of(),
                List.of(),
                List.of())
            .breaks(TYPE));
    all.add(
        new Case(
                "proto2 to proto3",
                file(
                    "syntax = \"proto2\"; package shop; enum E { E_0 = 0; } message A { optional string a = 1; optional E e = 2; }"),
                file(
                    "syntax = \"proto3\"; package shop; enum E { E_0 = 0; } message A { optional string a = 1; optional E e = 2; }"),
                List.of(),
                List.of(),
                List.of(),
                List.of())
            .backward("FIELD_SAME_UTF8_VALIDATION")
            .forward("ENUM_SAME_TYPE")
            .forwardInJson("ENUM_SAME_TYPE", "ENUM_SAME_JSON_FORMAT", "MESSAGE_SAME_JSON_FORMAT"));
    all.add(proto3("comment changed", "/* one */ message A {}", "/* two */ message A {}"));
  }

  private static void services(List<Case> all) {
    all.add(
        proto3(
                "methods changed",
                "message A {} message B {} service S { rpc R(A) returns (A); rpc T(A) returns (A); }",
                "message A {} message B {} service S { rpc R(stream B) returns (stream B); rpc T(A)"
                    + " returns (A) { option idempotency_level = IDEMPOTENT; } }")
            .breaks(
                "RPC_SAME_REQUEST_TYPE",
                "RPC_SAME_RESPONSE_TYPE",
                "RPC_SAME_CLIENT_STREAMING",
                "RPC_SAME_SERVER_STREAMING",
                "RPC_SAME_IDEMPOTENCY_LEVEL"));
  }

  // ---- how a case is written ----

  /** The fields of one message change. */
  private static Case of(String name, String older, String newer) {
    return proto3(name, "message A { " + older + " }", "message A { " + newer + " }");
  }

  private static Case proto3(String name, String older, String newer) {
    return headed(name, "syntax = \"proto3\";", older, newer);
  }

  private static Case proto2(String name, String older, String newer) {
    return headed(name, "syntax = \"proto2\";", older, newer);
  }

  private static Case editions(String name, String older, String newer) {
    return headed(name, "edition = \"2023\";", older, newer);
  }

  private static Case headed(String name, String head, String older, String newer) {
    return new Case(
        name,
        file(head + " package shop; " + older),
        file(head + " package shop; " + newer),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private static SchemaContent file(String text) {
    return new SchemaContent(List.of(new SchemaContent.File("shop/a.proto", text)), "", List.of());
  }

  private static SchemaContent files(String... namesAndBodies) {
    List<SchemaContent.File> files = new ArrayList<>();
    for (int i = 0; i < namesAndBodies.length; i += 2) {
      files.add(
          new SchemaContent.File(
              namesAndBodies[i], "syntax = \"proto3\"; package shop; " + namesAndBodies[i + 1]));
    }
    return new SchemaContent(files, "", List.of());
  }
}
