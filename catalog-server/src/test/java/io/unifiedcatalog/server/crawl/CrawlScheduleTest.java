package io.unifiedcatalog.server.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.store.MetadataStore.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrawlScheduleTest {
  private static final UUID SOURCE = UUID.fromString("00000000-0000-0001-0000-000000000002");
  private static final List<String> CRONS =
      List.of("*/15 * * * *", "30 2 * * *", "0 0 1 * *", "5 4 * * 7", "0 3 13 * 5", "@hourly");
  private static final List<String> ZONES =
      List.of("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");

  @Property(tries = 300)
  void theNextTimeIsLaterAndTheSameFromEveryMomentBeforeIt(
      @ForAll @LongRange(min = 1_500_000_000, max = 2_000_000_000) long second,
      @ForAll @LongRange(min = 0, max = 5) long cron,
      @ForAll @LongRange(min = 0, max = 4) long zone,
      @ForAll @LongRange(min = 0, max = 99) long part) {
    Schedule schedule = schedule(CRONS.get((int) cron), ZONES.get((int) zone), 600);
    Instant now = Instant.ofEpochSecond(second);

    Occurrence next = CrawlSchedule.next(schedule, SOURCE, now).orElseThrow();

    assertThat(next.time()).isAfter(now);
    assertThat(next.due()).isBetween(next.time(), next.time().plusSeconds(600));
    Duration wait = Duration.between(now, next.time());
    assertThat(
            CrawlSchedule.next(schedule, SOURCE, now.plus(wait.multipliedBy(part).dividedBy(100))))
        .contains(next);
  }

  @ParameterizedTest
  @CsvSource({
    // The clocks skip from 2:00 to 3:00.
    "30 2 * * *,2026-03-29T00:00,2026-03-29T03:00+02:00 2026-03-30T02:30+02:00",
    "*/30 * * * *,2026-03-29T01:15,2026-03-29T01:30+01:00 2026-03-29T03:00+02:00 2026-03-29T03:30+02:00",
    // They show 2:00 to 3:00 twice.
    "30 2 * * *,2026-10-25T00:00,2026-10-25T02:30+02:00 2026-10-26T02:30+01:00",
    "*/30 * * * *,2026-10-25T01:45,2026-10-25T02:00+02:00 2026-10-25T02:30+02:00 2026-10-25T03:00+01:00"
  })
  void aTimeThatTheClocksSkipOrRepeatComesOnce(String cron, String from, String expected) {
    ZoneId zone = ZoneId.of("Europe/Paris");
    Instant time = LocalDateTime.parse(from).atZone(zone).toInstant();
    List<String> times = new ArrayList<>();
    for (int i = 0; i < expected.split(" ").length; i++) {
      time =
          CrawlSchedule.next(schedule(cron, "Europe/Paris", 0), SOURCE, time).orElseThrow().time();
      times.add(time.atZone(zone).toOffsetDateTime().toString());
    }

    assertThat(String.join(" ", times)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // From a Monday.
    "0 0 * * 7,2026-06-07T00:00:00Z 2026-06-14T00:00:00Z",
    "0 0 * * 0,2026-06-07T00:00:00Z 2026-06-14T00:00:00Z",
    "0 0 * * SUN,2026-06-07T00:00:00Z 2026-06-14T00:00:00Z",
    "0 0 * * 5-7,2026-06-05T00:00:00Z 2026-06-06T00:00:00Z 2026-06-07T00:00:00Z",
    "0 0 * JUL MON-TUE,2026-07-06T00:00:00Z 2026-07-07T00:00:00Z 2026-07-13T00:00:00Z",
    "0 0 9 * 5,2026-06-05T00:00:00Z 2026-06-09T00:00:00Z 2026-06-12T00:00:00Z",
    "@weekly,2026-06-07T00:00:00Z 2026-06-14T00:00:00Z",
    "0 0 31 * *,2026-07-31T00:00:00Z 2026-08-31T00:00:00Z",
    "0 0 29 2 *,2028-02-29T00:00:00Z 2032-02-29T00:00:00Z"
  })
  void daysAreThoseOfCron(String cron, String expected) {
    Instant time = Instant.parse("2026-06-01T00:00:00Z");
    List<String> times = new ArrayList<>();
    for (int i = 0; i < expected.split(" ", -1).length; i++) {
      time = CrawlSchedule.next(schedule(cron, "UTC", 0), SOURCE, time).orElseThrow().time();
      times.add(time.toString());
    }

    assertThat(String.join(" ", times)).isEqualTo(expected);
  }

  @Test
  void theJitterDiffersBetweenSourcesAndStaysTheSameForOne() {
    Schedule schedule = schedule("@hourly", "UTC", 1_800);
    List<Instant> dues = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      dues.add(CrawlSchedule.next(schedule, new UUID(1, i), Instant.EPOCH).orElseThrow().due());
    }

    assertThat(dues.stream().distinct().count()).isGreaterThan(10);
    assertThat(CrawlSchedule.next(schedule, new UUID(1, 7), Instant.EPOCH).orElseThrow().due())
        .isEqualTo(dues.get(7));
  }

  @Test
  void aFailedCrawlIsTriedAgainLaterAndLaterUntilItsRetriesAreUsedUp() {
    Schedule schedule =
        new Schedule(
            "@daily", "UTC", Duration.ZERO, Duration.ofHours(1), 3, Duration.ofMinutes(30));
    Instant now = Instant.parse("2026-06-01T00:00:05Z");
    Occurrence occurrence =
        new Occurrence(Instant.parse("2026-06-01T00:00:00Z"), Instant.EPOCH, 1, 0);
    List<Instant> dues = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      occurrence = CrawlSchedule.after(schedule, SOURCE, occurrence, true, now).orElseThrow();
      dues.add(occurrence.due());
    }

    // Doubled, and at most an hour; then as scheduled.
    assertThat(dues)
        .containsExactly(
            now.plusSeconds(1_800),
            now.plusSeconds(3_600),
            now.plusSeconds(3_600),
            Instant.parse("2026-06-02T00:00:00Z"));
    assertThat(occurrence.failures()).isZero();
  }

  @Test
  void aRetryThatWouldComeAfterTheNextTimeIsLeftOut() {
    Occurrence occurrence = new Occurrence(Instant.EPOCH, Instant.EPOCH, 1, 0);

    assertThat(
            CrawlSchedule.after(
                schedule("* * * * *", "UTC", 0), SOURCE, occurrence, true, Instant.EPOCH))
        .contains(new Occurrence(Instant.ofEpochSecond(60), Instant.ofEpochSecond(60), 0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "often",
        "@often",
        "0 * * * * *",
        "*/0 * * * *",
        "5-1 * * * *",
        "@reboot"
      })
  void anExpressionThatIsNoneIsRefusedWithOneMessage(String cron) {
    assertThat(CrawlSchedule.validate(schedule(cron, "UTC", 0)))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.field()).isEqualTo("cron");
              assertThat(violation.message())
                  .startsWith("'" + cron + "' is no cron expression: ")
                  .contains("'*/15 * * * *'");
            });
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    Schedule schedule =
        new Schedule(
            "0 0 30 2 *",
            "Mars/Base",
            Duration.ofDays(2),
            Duration.ZERO,
            21,
            Duration.ofMillis(1_500));

    assertThat(CrawlSchedule.validate(schedule))
        .containsExactly(
            new Violation("time_zone", "'Mars/Base' is no time zone such as UTC or Europe/Paris"),
            new Violation("cron", "'0 0 30 2 *' names a day that never comes"),
            new Violation("jitter", "172800 s is not within 0 s and 86400 s"),
            new Violation("timeout", "0 s is not within 1 s and 604800 s"),
            new Violation("backoff", "1500 ms is no number of whole seconds"),
            new Violation("retries", "21 is not within 0 and 20"));
  }

  private static Schedule schedule(String cron, String zone, int jitterSeconds) {
    return new Schedule(
        cron,
        zone,
        Duration.ofSeconds(jitterSeconds),
        Duration.ofHours(1),
        3,
        Duration.ofMinutes(1));
  }
}
