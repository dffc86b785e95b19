package io.unifiedcatalog.formats.protobuf;

import static io.unifiedcatalog.formats.protobuf.RandomRecords.concatenated;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Schemas and records of chance for a set time, beside the reference. {@code -Dfuzz.seconds=N} is
 * the time, {@code -Dfuzz.seed=N} repeats a run.
 */
class FuzzTest {
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 10);

  /** The same each time, so that a change is not held up by luck; others are tried on purpose. */
  private static final long SEED = Long.getLong("fuzz.seed", 1);

  private static final int RECORDS = 20;
  private static final int MUTATIONS = 400;

  @Test
  void nothingThatMayComeAlongIsReadOtherThanByTheReference() {
    System.out.println("fuzz.seed=" + SEED + " for " + SECONDS + " s");
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    int schemas = 0;
    for (; schemas == 0 || System.nanoTime() < end; schemas++) {
      // Each schema has a seed of its own, so that the last one is found again at once.
      long seed = SEED + schemas;
      try {
        run(new Random(seed), end);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("With -Dfuzz.seed=" + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(schemas).isPositive();
    System.out.println("fuzz: " + schemas + " schemas");
  }

  private static void run(Random random, long end) {
    FileDescriptor file = Trial.file(random);
    Descriptor message = file.findMessageTypeByName("M0");
    Descriptor repacked = RandomSchemas.packedTheOtherWay(file).findMessageTypeByName("M0");
    RandomRecords records = new RandomRecords(random);
    List<byte[]> corpus = new ArrayList<>();
    List<Trial> trials =
        List.of(
            Trial.ofAllColumns(file, random),
            Trial.ofDeclaredColumns(file, random),
            Trial.ofProjection(file, random));
    for (int i = 0; i < RECORDS; i++) {
      corpus.add(records.message(i % 2 == 0 ? message : repacked, 1 + i % 4).toByteArray());
      trials.get(0).checkWriting(records.message(message, 1 + i % 4));
    }
    for (int i = 0; i < MUTATIONS && System.nanoTime() < end; i++) {
      byte[] record = corpus.get(random.nextInt(corpus.size()));
      record =
          switch (random.nextInt(8)) {
            case 0 -> records.withUnknownField(record);
            case 1 -> records.withOverlongTags(record);
            case 2 -> records.shuffled(record);
            case 3 -> concatenated(record, corpus.get(random.nextInt(corpus.size())));
            default -> records.mutated(record);
          };
      for (Trial trial : trials) {
        trial.check(record);
      }
      // What is still read is worth to go on from; what grows without end is not.
      if (record.length < 2000 && trials.get(0).reads(record)) {
        corpus.set(random.nextInt(corpus.size()), record);
      }
    }
  }
}
