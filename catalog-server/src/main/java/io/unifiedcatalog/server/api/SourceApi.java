package io.unifiedcatalog.server.api;

import static io.unifiedcatalog.server.api.Calls.answer;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.unifiedcatalog.proto.v1.ConfirmCrawlRunRequest;
import io.unifiedcatalog.proto.v1.CrawlEvent;
import io.unifiedcatalog.proto.v1.CrawlRun;
import io.unifiedcatalog.proto.v1.CreateSourceRequest;
import io.unifiedcatalog.proto.v1.DeleteSourceRequest;
import io.unifiedcatalog.proto.v1.DeleteSourceResponse;
import io.unifiedcatalog.proto.v1.DiscardCrawlRunRequest;
import io.unifiedcatalog.proto.v1.GetCrawlRunRequest;
import io.unifiedcatalog.proto.v1.GetSourceRequest;
import io.unifiedcatalog.proto.v1.InferTableRequest;
import io.unifiedcatalog.proto.v1.ListCrawlRunsRequest;
import io.unifiedcatalog.proto.v1.ListCrawlRunsResponse;
import io.unifiedcatalog.proto.v1.ListSourcesRequest;
import io.unifiedcatalog.proto.v1.ListSourcesResponse;
import io.unifiedcatalog.proto.v1.RunCrawlRequest;
import io.unifiedcatalog.proto.v1.Source;
import io.unifiedcatalog.proto.v1.SourceServiceGrpc.SourceServiceImplBase;
import io.unifiedcatalog.proto.v1.StreamCrawlChangesRequest;
import io.unifiedcatalog.proto.v1.TableChange;
import io.unifiedcatalog.proto.v1.TestSourceRequest;
import io.unifiedcatalog.proto.v1.TestSourceResponse;
import io.unifiedcatalog.proto.v1.UpdateSourceRequest;
import io.unifiedcatalog.server.crawl.CrawlSchedule;
import io.unifiedcatalog.server.crawl.Crawler;
import io.unifiedcatalog.server.crawl.Drift;
import io.unifiedcatalog.server.model.CatalogException;
import io.unifiedcatalog.server.model.CatalogException.Violation;
import io.unifiedcatalog.server.model.CrawlRun.DatabaseOutcome;
import io.unifiedcatalog.server.model.ErrorCode;
import io.unifiedcatalog.server.model.Schedule;
import io.unifiedcatalog.server.model.Secret;
import io.unifiedcatalog.server.source.RegisteringSession;
import io.unifiedcatalog.server.source.RegisteringSystem;
import io.unifiedcatalog.server.source.SourceSession;
import io.unifiedcatalog.server.source.SourceSystems;
import io.unifiedcatalog.server.source.TableDraft;
import io.unifiedcatalog.server.store.MetadataStore;
import io.unifiedcatalog.server.store.MetadataStore.DueSource;
import io.unifiedcatalog.server.store.MetadataStore.SourceSummary;
import io.unifiedcatalog.server.store.TableCache;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/** {@code SourceService}: sources and crawls. */
public final class SourceApi extends SourceServiceImplBase {
  private static final int DEFAULT_SAMPLES = 500;
  private static final int MOST_SAMPLES = 10_000;
  private static final long DEFAULT_VISITS = 100_000;
  private static final long MOST_VISITS = 10_000_000;

  private static final int LIST_PAGE = 1_000;
  private static final int GREATEST_LIST_PAGE = 10_000;
  private static final int RUNS_PAGE = 100;
  private static final int GREATEST_RUNS_PAGE = 1_000;
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  private final MetadataStore store;
  private final TableCache cache;
  private final Crawler crawler;
  private final SourceCalls sourceCalls;

  /** The service over a store, its cache and the crawler. */
  public SourceApi(
      MetadataStore store, TableCache cache, Crawler crawler, SourceCalls sourceCalls) {
    this.sourceCalls = sourceCalls;
    this.store = store;
    this.cache = cache;
    this.crawler = crawler;
  }

  @Override
  public void createSource(CreateSourceRequest request, StreamObserver<Source> observer) {
    answer(
        observer,
        () -> {
          Source sent = request.getSource();
          List<Violation> violations = new ArrayList<>();
          if (!NAME.matcher(sent.getName()).matches()) {
            violations.add(
                new Violation(
                    "source.name",
                    "'"
                        + sent.getName()
                        + "' is no name: use lower-case letters, digits and _, a letter first, at"
                        + " most 63"));
          }
          Map<String, Secret> secrets = secrets(sent);
          violations.addAll(
              validate(
                  new io.unifiedcatalog.server.model.Source(
                      new UUID(0, 0),
                      sent.getName(),
                      sent.getKind(),
                      sent.getOptionsMap(),
                      secrets,
                      0)));
          Schedule schedule = Schedules.of(sent.getSchedule());
          violations.addAll(Schedules.validate(schedule));
          if (!violations.isEmpty()) {
            throw CatalogException.invalid("The source is not valid", violations);
          }
          store.createSource(
              sent.getName(),
              sent.getKind(),
              sent.getOptionsMap(),
              secrets,
              SourceSystems.get(sent.getKind()) instanceof RegisteringSystem,
              schedule,
              CrawlSchedule::next,
              Calls.caller());
          cache.catchUp();
          return summary(sent.getName());
        });
  }

  private static List<Violation> validate(io.unifiedcatalog.server.model.Source source) {
    List<Violation> violations = new ArrayList<>();
    Limits.characters("source.options", source.options(), violations);
    if (!violations.isEmpty()) {
      return violations;
    }
    try {
      return SourceSystems.get(source.kind()).validate(source);
    } catch (CatalogException e) {
      return List.of(new Violation("source.kind", e.getMessage()));
    }
  }

  private static Map<String, Secret> secrets(Source sent) {
    Map<String, Secret> secrets = new HashMap<>();
    sent.getSecretsMap().forEach((key, value) -> secrets.put(key, new Secret(value)));
    return secrets;
  }

  private Source summary(String name) {
    return Messages.source(store.sourceSummary(name));
  }

  @Override
  public void listSources(
      ListSourcesRequest request, StreamObserver<ListSourcesResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), LIST_PAGE, GREATEST_LIST_PAGE);
          List<SourceSummary> page = store.sources(Requests.after(request.getPageToken()), size);
          return ListSourcesResponse.newBuilder()
              .addAllSources(page.stream().map(Messages::source).toList())
              .setNextPageToken(
                  Requests.next(page, size, summary -> Requests.token(summary.source().name())))
              .build();
        });
  }

  @Override
  public void getSource(GetSourceRequest request, StreamObserver<Source> observer) {
    answer(observer, () -> summary(request.getName()));
  }

  @Override
  public void updateSource(UpdateSourceRequest request, StreamObserver<Source> observer) {
    answer(
        observer,
        () -> {
          Source sent = request.getSource();
          store.updateSource(
              sent.getName(),
              stored -> {
                List<Violation> violations = new ArrayList<>();
                io.unifiedcatalog.server.model.Source changed =
                    changed(stored, request, violations);
                violations.addAll(validate(changed));
                violations.addAll(redirected(stored, changed));
                // What is wrong with a schedule does not depend on what is stored of it.
                violations.addAll(Schedules.validate(Schedules.changed(Schedule.OFF, request)));
                if (!violations.isEmpty()) {
                  throw CatalogException.invalid("The source is not valid", violations);
                }
                return changed;
              },
              schedule -> Schedules.changed(schedule, request),
              CrawlSchedule::next,
              version("source.etag", sent.getEtag()),
              Calls.caller());
          cache.catchUp();
          return summary(sent.getName());
        });
  }

  private static io.unifiedcatalog.server.model.Source changed(
      io.unifiedcatalog.server.model.Source stored,
      UpdateSourceRequest request,
      List<Violation> violations) {
    Source sent = request.getSource();
    if (!sent.getKind().isEmpty() && !sent.getKind().equals(stored.kind())) {
      violations.add(
          new Violation(
              "source.kind",
              "cannot be changed from '" + stored.kind() + "'; add a source of another name"));
    }
    Map<String, String> options = new HashMap<>(stored.options());
    Map<String, Secret> secrets = new HashMap<>(stored.secrets());
    Map<String, Secret> sentSecrets = secrets(sent);
    List<String> paths = request.getUpdateMask().getPathsList();
    if (paths.isEmpty()) {
      if (sent.getOptionsCount() > 0) {
        options = sent.getOptionsMap();
      }
      secrets.putAll(sentSecrets);
    }
    for (String path : paths) {
      if (path.equals("options")) {
        options = new HashMap<>(sent.getOptionsMap());
      } else if (path.startsWith("options.")) {
        replace(options, path.substring("options.".length()), sent.getOptionsMap());
      } else if (path.startsWith("secrets.")) {
        replace(secrets, path.substring("secrets.".length()), sentSecrets);
      } else if (!Schedules.isPath(path)) {
        violations.add(
            new Violation(
                "update_mask",
                "'"
                    + path
                    + "' cannot be changed; options, options.KEY, secrets.KEY, schedule and"
                    + " schedule.FIELD can"));
      }
    }
    return new io.unifiedcatalog.server.model.Source(
        stored.id(), stored.name(), stored.kind(), options, secrets, stored.version());
  }

  /** Stored secrets that were not sent again and would go elsewhere. */
  private static List<Violation> redirected(
      io.unifiedcatalog.server.model.Source stored, io.unifiedcatalog.server.model.Source changed) {
    if (SourceSystems.get(stored.kind()).isSameDestination(stored, changed)) {
      return List.of();
    }
    List<Violation> violations = new ArrayList<>();
    stored
        .secrets()
        .forEach(
            (key, secret) -> {
              // The same object: it was not sent.
              if (changed.secrets().get(key) == secret) {
                violations.add(
                    new Violation(
                        "source.secrets." + key,
                        "must be given again, because with this change it goes to another server"
                            + " or over another kind of connection"));
              }
            });
    return violations;
  }

  private static <V> void replace(Map<String, V> values, String key, Map<String, V> sent) {
    V value = sent.get(key);
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
  }

  private static long version(String field, String etag) {
    if (etag.isEmpty()) {
      return 0;
    }
    // To the store, 0 means any; no source has it.
    if (!etag.matches("[1-9][0-9]{0,17}")) {
      throw Requests.invalid(field, "'" + etag + "' is not from an earlier answer");
    }
    return Long.parseLong(etag);
  }

  @Override
  public void deleteSource(
      DeleteSourceRequest request, StreamObserver<DeleteSourceResponse> observer) {
    answer(
        observer,
        () -> {
          long dropped =
              store.deleteSource(
                  request.getName(), version("etag", request.getEtag()), Calls.caller());
          cache.catchUp();
          return DeleteSourceResponse.newBuilder().setDroppedTables(dropped).build();
        });
  }

  @Override
  public void testSource(TestSourceRequest request, StreamObserver<TestSourceResponse> observer) {
    sourceCalls.answer(
        observer,
        sessions -> {
          io.unifiedcatalog.server.model.Source source = store.source(request.getName());
          try (SourceSession session =
              sessions.opened(SourceSystems.get(source.kind()).open(source))) {
            return TestSourceResponse.newBuilder()
                .setSystemVersion(session.systemVersion())
                .addAllDatabases(session.databases())
                .addAllObjects(
                    session instanceof RegisteringSession registering
                        ? registering.objects()
                        : List.of())
                .build();
          }
        });
  }

  @Override
  public void inferTable(
      InferTableRequest request, StreamObserver<io.unifiedcatalog.proto.v1.TableDraft> observer) {
    sourceCalls.answer(
        observer,
        sessions -> {
          int samples =
              (int) bounded("samples", request.getSamples(), DEFAULT_SAMPLES, MOST_SAMPLES);
          long visits = bounded("visits", request.getVisits(), DEFAULT_VISITS, MOST_VISITS);
          io.unifiedcatalog.server.model.Source source = store.source(request.getSource());
          if (!(SourceSystems.get(source.kind()) instanceof RegisteringSystem system)) {
            throw new CatalogException(
                ErrorCode.FAILED_PRECONDITION,
                "NOT_REGISTERED",
                "No table is inferred of source '"
                    + source.name()
                    + "': the tables of "
                    + source.kind()
                    + " come from crawls. Run `catalog crawl run "
                    + source.name()
                    + "`.");
          }
          try (RegisteringSession session = sessions.opened(system.open(source))) {
            TableDraft draft = session.infer(request.getOptionsMap(), samples, visits);
            return Messages.draft(
                source.name(),
                draft,
                system.differences(draft, store.registeredTables(source.id())));
          }
        });
  }

  private static long bounded(String field, long asked, long standard, long most) {
    if (asked < 0 || asked > most) {
      throw CatalogException.invalid(
          "The request is not valid",
          List.of(
              new CatalogException.Violation(
                  field, asked + " is no number from 1 to " + most + ". 0 is " + standard + ".")));
    }
    return asked == 0 ? standard : asked;
  }

  @Override
  public void runCrawl(RunCrawlRequest request, StreamObserver<CrawlEvent> observer) {
    stream(
        observer,
        events -> {
          if (request.getIfDue()) {
            UUID id = store.sourceSummary(request.getSource()).source().id();
            crawler.startDue(new DueSource(id, request.getSource()), Calls.caller(), events);
          } else {
            crawler.start(request.getSource(), Calls.caller(), events);
          }
        });
  }

  @Override
  public void confirmCrawlRun(ConfirmCrawlRunRequest request, StreamObserver<CrawlEvent> observer) {
    stream(observer, events -> crawler.confirm(request.getId(), Calls.caller(), events));
  }

  private static void stream(
      StreamObserver<CrawlEvent> observer, java.util.function.Consumer<Events> start) {
    Events events = new Events((ServerCallStreamObserver<CrawlEvent>) observer);
    try {
      start.accept(events);
    } catch (RuntimeException e) {
      events.failed(e);
    }
  }

  @Override
  public void listCrawlRuns(
      ListCrawlRunsRequest request, StreamObserver<ListCrawlRunsResponse> observer) {
    answer(
        observer,
        () -> {
          int size = Requests.pageSize(request.getPageSize(), RUNS_PAGE, GREATEST_RUNS_PAGE);
          List<io.unifiedcatalog.server.model.CrawlRun> page =
              store.runs(request.getSource(), Requests.before(request.getPageToken()), size);
          return ListCrawlRunsResponse.newBuilder()
              .addAllRuns(page.stream().map(Messages::crawlRun).toList())
              .setNextPageToken(
                  Requests.next(page, size, run -> Requests.token(Long.toString(run.id()))))
              .build();
        });
  }

  @Override
  public void getCrawlRun(GetCrawlRunRequest request, StreamObserver<CrawlRun> observer) {
    answer(observer, () -> Messages.crawlRun(run(request.getId())));
  }

  @Override
  public void streamCrawlChanges(
      StreamCrawlChangesRequest request, StreamObserver<TableChange> observer) {
    Calls.stream(
        observer,
        changes -> {
          io.unifiedcatalog.server.model.CrawlRun run = run(request.getId());
          Drift.of(
              store,
              run,
              store.source(run.source()),
              change -> changes.accept(Messages.tableChange(change)));
        });
  }

  private io.unifiedcatalog.server.model.CrawlRun run(long id) {
    return store
        .run(id)
        .orElseThrow(
            () ->
                CatalogException.notFound(
                    "There is no crawl run " + id + ". See `catalog crawl list`."));
  }

  @Override
  public void discardCrawlRun(DiscardCrawlRunRequest request, StreamObserver<CrawlRun> observer) {
    answer(
        observer,
        () ->
            Messages.crawlRun(
                store.resolveHeldRun(
                    request.getId(), io.unifiedcatalog.server.model.CrawlRun.State.DISCARDED)));
  }

  /** Sends a crawl's events to its caller for as long as the caller listens. */
  private static final class Events implements Crawler.Listener {
    private final ServerCallStreamObserver<CrawlEvent> observer;

    Events(ServerCallStreamObserver<CrawlEvent> observer) {
      this.observer = observer;
      // Without a handler, sending to a caller that left would throw into the crawl.
      observer.setOnCancelHandler(() -> {});
    }

    private void send(CrawlEvent event) {
      if (!observer.isCancelled()) {
        observer.onNext(event);
      }
    }

    @Override
    public void started(io.unifiedcatalog.server.model.CrawlRun run) {
      send(CrawlEvent.newBuilder().setStarted(Messages.crawlRun(run)).build());
    }

    @Override
    public void progress(String nativeDatabase, long tablesRead) {
      send(
          CrawlEvent.newBuilder()
              .setProgress(
                  CrawlEvent.Progress.newBuilder()
                      .setNativeDatabase(nativeDatabase)
                      .setTablesRead(tablesRead))
              .build());
    }

    @Override
    public void database(DatabaseOutcome outcome) {
      send(CrawlEvent.newBuilder().setDatabase(Messages.databaseOutcome(outcome)).build());
    }

    @Override
    public void finished(io.unifiedcatalog.server.model.CrawlRun run) {
      send(CrawlEvent.newBuilder().setFinished(Messages.crawlRun(run)).build());
      if (!observer.isCancelled()) {
        observer.onCompleted();
      }
    }

    @Override
    public void failed(Throwable failure) {
      if (!observer.isCancelled()) {
        observer.onError(Calls.status(failure));
      }
    }
  }
}
