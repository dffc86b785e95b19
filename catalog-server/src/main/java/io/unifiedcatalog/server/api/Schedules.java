package io.unifiedcatalog.server.api;

import com.google.protobuf.Timestamp;
import io.unifiedcatalog.proto.v1.CrawlSchedule;
import io.unifiedcatalog.proto.v1.ScheduledCrawl;
import io.unifiedcatalog.proto.v1.UpdateSourceRequest;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.store.MetadataStore.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Schedules between their messages and the model. */
final class Schedules {
  private static final String ALL = "schedule";
  private static final Set<String> PATHS =
      Set.of(
          ALL,
          "schedule.cron",
          "schedule.time_zone",
          "schedule.jitter",
          "schedule.timeout",
          "schedule.retries",
          "schedule.backoff");

  private Schedules() {}

  /** A schedule that was sent; what it leaves out is as if nothing was ever set. */
  static Schedule of(CrawlSchedule sent) {
    return new Schedule(
        sent.getCron().strip(),
        sent.getTimeZone().isEmpty() ? Schedule.OFF.timeZone() : sent.getTimeZone(),
        sent.hasJitter() ? duration(sent.getJitter()) : Schedule.OFF.jitter(),
        sent.hasTimeout() ? duration(sent.getTimeout()) : Schedule.OFF.timeout(),
        sent.hasRetries() ? sent.getRetries() : Schedule.OFF.retries(),
        sent.hasBackoff() ? duration(sent.getBackoff()) : Schedule.OFF.backoff());
  }

  /** What is wrong with a schedule, by the fields of a source. */
  static List<Violation> validate(Schedule schedule) {
    return io.unifiedcatalog.server.crawl.CrawlSchedule.validate(schedule).stream()
        .map(
            violation -> new Violation("source.schedule." + violation.field(), violation.message()))
        .toList();
  }

  static boolean isPath(String path) {
    return PATHS.contains(path);
  }

  /** A stored schedule with what a request changes of it. */
  static Schedule changed(Schedule stored, UpdateSourceRequest request) {
    Schedule sent = of(request.getSource().getSchedule());
    List<String> paths = request.getUpdateMask().getPathsList();
    if (paths.isEmpty()) {
      return request.getSource().hasSchedule() ? sent : stored;
    }
    if (paths.contains(ALL)) {
      return sent;
    }
    return new Schedule(
        (paths.contains("schedule.cron") ? sent : stored).cron(),
        (paths.contains("schedule.time_zone") ? sent : stored).timeZone(),
        (paths.contains("schedule.jitter") ? sent : stored).jitter(),
        (paths.contains("schedule.timeout") ? sent : stored).timeout(),
        (paths.contains("schedule.retries") ? sent : stored).retries(),
        (paths.contains("schedule.backoff") ? sent : stored).backoff());
  }

  static CrawlSchedule message(Schedule schedule) {
    return CrawlSchedule.newBuilder()
        .setCron(schedule.cron())
        .setTimeZone(schedule.timeZone())
        .setJitter(message(schedule.jitter()))
        .setTimeout(message(schedule.timeout()))
        .setRetries(schedule.retries())
        .setBackoff(message(schedule.backoff()))
        .build();
  }

  static ScheduledCrawl message(Occurrence occurrence, boolean due) {
    return ScheduledCrawl.newBuilder()
        .setTime(message(occurrence.time()))
        .setDueTime(message(occurrence.due()))
        .setDue(due)
        .setFailures(occurrence.failures())
        .build();
  }

  /** Out of the range that a message may have, it is as long as can be, and so refused. */
  private static Duration duration(com.google.protobuf.Duration sent) {
    return com.google.protobuf.util.Durations.isValid(sent)
        ? Duration.ofSeconds(sent.getSeconds(), sent.getNanos())
        : Duration.ofSeconds(Long.MAX_VALUE);
  }

  private static com.google.protobuf.Duration message(Duration duration) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  private static Timestamp message(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }
}
