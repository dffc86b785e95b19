package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.RandomRecords.concatenated;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * The format beside Protobuf's own library, on schemas and records of chance. A failure names the
 * least record that shows it, and its file.
 */
class OracleTest {
  private static final int RECORDS_A_SCHEMA = 12;
  private static final int DEPTH = 4;

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void aRecordIsReadAsProtobufReadsIt(@ForAll long seed) {
    Random random = new Random(seed);
    FileDescriptor file = Trial.file(random);
    RandomRecords records = new RandomRecords(random);
    for (Trial trial : trials(file, random)) {
      trial.check(new byte[0]);
      for (int i = 0; i < RECORDS_A_SCHEMA; i++) {
        trial.check(records.message(message(file), DEPTH).toByteArray());
      }
    }
  }

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void aRecordThatAnotherWriterMadeIsReadAsProtobufReadsIt(@ForAll long seed) {
    Random random = new Random(seed);
    FileDescriptor file = Trial.file(random);
    Descriptor repacked = message(RandomSchemas.packedTheOtherWay(file));
    RandomRecords records = new RandomRecords(random);
    for (Trial trial : trials(file, random)) {
      for (int i = 0; i < RECORDS_A_SCHEMA; i++) {
        byte[] first = records.message(message(file), DEPTH).toByteArray();
        byte[] second = records.message(repacked, DEPTH).toByteArray();
        trial.check(second);
        trial.check(concatenated(first, second));
        trial.check(records.shuffled(concatenated(first, second)));
        trial.check(records.withUnknownField(first));
        trial.check(records.withOverlongTags(first));
      }
    }
  }

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void aBrokenRecordIsRefusedIfProtobufRefusesItAndElseReadAlike(@ForAll long seed) {
    Random random = new Random(seed);
    FileDescriptor file = Trial.file(random);
    RandomRecords records = new RandomRecords(random);
    for (Trial trial : trials(file, random)) {
      for (int i = 0; i < RECORDS_A_SCHEMA; i++) {
        byte[] record = records.message(message(file), DEPTH).toByteArray();
        for (int mutation = 0; mutation < 10; mutation++) {
          trial.check(records.mutated(record));
        }
      }
    }
  }

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void aRowIsWrittenAsTheMessageThatItIs(@ForAll long seed) {
    Random random = new Random(seed);
    FileDescriptor file = Trial.file(random);
    RandomRecords records = new RandomRecords(random);
    List<Trial> trials = new ArrayList<>(List.of(Trial.ofAllColumns(file, random)));
    if (Trial.requiresNothing(file)) {
      trials.add(Trial.ofDeclaredColumns(file, random));
    }
    for (int i = 0; i < RECORDS_A_SCHEMA; i++) {
      // Small ones first, so that a failure is easy to read.
      Message message = records.message(message(file), i * DEPTH / RECORDS_A_SCHEMA);
      trials.forEach(trial -> trial.checkWriting(message));
    }
  }

  private static List<Trial> trials(FileDescriptor file, Random random) {
    return List.of(
        Trial.ofAllColumns(file, random),
        Trial.ofDeclaredColumns(file, random),
        Trial.ofProjection(file, random));
  }

  private static Descriptor message(FileDescriptor file) {
    return file.findMessageTypeByName("M0");
  }
}
