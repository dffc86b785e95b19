package io.unifiedcatalog.server.crawl;

import com.cronutils.model.Cron;
import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.store.MetadataStore.Occurrence;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * When a schedule says that a source is to be crawled: a pure function of the schedule, the source
 * and the time, so that every server and every outside cron comes to the same answer.
 *
 * <p>Times that the clocks skip come once, at the moment after the gap. A time that they show twice
 * comes once, the first time.
 */
public final class CrawlSchedule {
  private static final CronDefinition DEFINITION =
      CronDefinitionBuilder.defineCron()
          .withMinutes()
          .withValidRange(0, 59)
          .withStrictRange()
          .and()
          .withHours()
          .withValidRange(0, 23)
          .withStrictRange()
          .and()
          .withDayOfMonth()
          .withValidRange(1, 31)
          .withStrictRange()
          .and()
          .withMonth()
          .withValidRange(1, 12)
          .withStrictRange()
          .and()
          .withDayOfWeek()
          .withValidRange(0, 7)
          .withMondayDoWValue(1)
          .withIntMapping(7, 0)
          .withStrictRange()
          .and()
          .withSupportedNicknameYearly()
          .withSupportedNicknameAnnually()
          .withSupportedNicknameMonthly()
          .withSupportedNicknameWeekly()
          .withSupportedNicknameDaily()
          .withSupportedNicknameMidnight()
          .withSupportedNicknameHourly()
          .instance();

  private static final int LONGEST_CRON = 256;
  private static final Duration LONGEST = Duration.ofDays(7);
  private static final Duration LONGEST_JITTER = Duration.ofDays(1);
  private static final Duration LONGEST_RETRY = Duration.ofHours(1);
  private static final int MOST_RETRIES = 20;

  /** How often a crawl is begun again because its server was lost. */
  private static final int HANDOVERS = 3;

  private CrawlSchedule() {}

  /** What is wrong with a schedule, by its field; empty: nothing. */
  public static List<Violation> validate(Schedule schedule) {
    List<Violation> violations = new ArrayList<>();
    boolean zoned = isZone(schedule.timeZone());
    if (!zoned) {
      violations.add(
          new Violation(
              "time_zone",
              "'" + schedule.timeZone() + "' is no time zone such as UTC or Europe/Paris"));
    }
    if (schedule.isOn()) {
      validateCron(schedule.cron()).ifPresent(violations::add);
    }
    range("jitter", schedule.jitter(), Duration.ZERO, LONGEST_JITTER, violations);
    range("timeout", schedule.timeout(), Duration.ofSeconds(1), LONGEST, violations);
    range("backoff", schedule.backoff(), Duration.ofSeconds(1), LONGEST_RETRY, violations);
    if (schedule.retries() < 0 || schedule.retries() > MOST_RETRIES) {
      violations.add(
          new Violation("retries", schedule.retries() + " is not within 0 and " + MOST_RETRIES));
    }
    return violations;
  }

  private static Optional<Violation> validateCron(String cron) {
    if (cron.length() > LONGEST_CRON) {
      return Optional.of(
          new Violation("cron", "is longer than " + LONGEST_CRON + " characters; shorten it"));
    }
    try {
      // From a fixed moment: whether an expression is valid does not depend on the day.
      if (ExecutionTime.forCron(parse(cron))
          .nextExecution(Instant.EPOCH.atZone(ZoneOffset.UTC))
          .isPresent()) {
        return Optional.empty();
      }
    } catch (IllegalArgumentException e) {
      return Optional.of(
          new Violation(
              "cron",
              "'"
                  + cron
                  + "' is no cron expression: "
                  + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                  + ". Write five fields (minute, hour, day of month, month, day of week), as in"
                  + " '*/15 * * * *', or @hourly, @daily, @weekly, @monthly, @yearly"));
    }
    return Optional.of(new Violation("cron", "'" + cron + "' names a day that never comes"));
  }

  private static boolean isZone(String zone) {
    try {
      ZoneId.of(zone);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static void range(
      String field, Duration value, Duration least, Duration most, List<Violation> violations) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      violations.add(
          new Violation(
              field,
              value.toSeconds()
                  + " s is not within "
                  + least.toSeconds()
                  + " s and "
                  + most.toSeconds()
                  + " s"));
    } else if (!value.equals(Duration.ofSeconds(value.toSeconds()))) {
      violations.add(new Violation(field, value.toMillis() + " ms is no number of whole seconds"));
    }
  }

  private static Cron parse(String cron) {
    return new CronParser(DEFINITION).parse(cron);
  }

  /** The first occurrence after a moment; empty if the schedule is off, or there is none. */
  public static Optional<Occurrence> next(Schedule schedule, UUID sourceId, Instant after) {
    if (!schedule.isOn()) {
      return Optional.empty();
    }
    ZoneId zone = ZoneId.of(schedule.timeZone());
    ExecutionTime times = ExecutionTime.forCron(parse(schedule.cron()));
    // Reckoned on the clock's face, without a zone, and put into the zone then: so what happens
    // where the clocks change is said here and nowhere else.
    ZonedDateTime face = after.atZone(zone).withZoneSameLocal(ZoneOffset.UTC);
    while (true) {
      Optional<ZonedDateTime> next = times.nextExecution(face);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      face = next.get();
      Instant time = instant(face.toLocalDateTime(), zone);
      // Not so for a time that the clocks show again.
      if (time.isAfter(after)) {
        return Optional.of(new Occurrence(time, time.plus(jitter(schedule, sourceId, time)), 0, 0));
      }
    }
  }

  private static Instant instant(LocalDateTime face, ZoneId zone) {
    ZoneOffsetTransition change = zone.getRules().getTransition(face);
    return change != null && change.isGap()
        ? change.getInstant()
        : face.atZone(zone).withEarlierOffsetAtOverlap().toInstant();
  }

  private static Duration jitter(Schedule schedule, UUID sourceId, Instant time) {
    long mixed =
        new SplittableRandom(
                sourceId.getMostSignificantBits()
                    ^ sourceId.getLeastSignificantBits()
                    ^ time.getEpochSecond())
            .nextLong(schedule.jitter().toSeconds() + 1);
    return Duration.ofSeconds(mixed);
  }

  /**
   * What comes after a crawl that has ended.
   *
   * @param ended the occurrence that it was for
   * @param failed whether it failed, and another try may do better
   * @return empty: nothing, unless the schedule changes
   */
  public static Optional<Occurrence> after(
      Schedule schedule, UUID sourceId, Occurrence ended, boolean failed, Instant now) {
    Optional<Occurrence> next = next(schedule, sourceId, now);
    int failures = ended.failures() + 1;
    if (!failed || failures > schedule.retries() || isGivenUp(schedule, ended)) {
      return next;
    }
    Instant retry = now.plus(backoff(schedule, failures));
    if (next.isPresent() && !retry.isBefore(next.get().due())) {
      return next;
    }
    return Optional.of(new Occurrence(ended.time(), retry, ended.starts(), failures));
  }

  private static Duration backoff(Schedule schedule, int failures) {
    Duration backoff = schedule.backoff().multipliedBy(1L << Math.min(failures - 1, MOST_RETRIES));
    return backoff.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : backoff;
  }

  /** Whether crawls for an occurrence were begun so often that its server must be lost by them. */
  static boolean isGivenUp(Schedule schedule, Occurrence occurrence) {
    return occurrence.starts() > 1 + schedule.retries() + HANDOVERS;
  }
}
