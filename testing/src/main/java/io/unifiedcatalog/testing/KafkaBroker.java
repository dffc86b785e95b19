package io.unifiedcatalog.testing;

import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * The program of the broker's own JVM, which {@link KafkaServer} starts. It formats a new data
 * directory, runs the broker, and ends with a SIGTERM or when its input does: the system closes
 * that with the process that started it, however that one ends.
 */
final class KafkaBroker {
  private static final String CONTROLLER_LISTENER = "CONTROLLER";

  private KafkaBroker() {}

  /** The one argument is a file of the broker's properties. */
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    try (Reader file = Files.newBufferedReader(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
      properties.load(file);
    }
    String dataDirectory = properties.getProperty("log.dirs");
    if (!Files.exists(Path.of(dataDirectory, "meta.properties"))) {
      new Formatter()
          .setPrintStream(System.err)
          .setNodeId(Integer.parseInt(properties.getProperty("node.id")))
          .setClusterId(Uuid.randomUuid().toString())
          .setControllerListenerName(CONTROLLER_LISTENER)
          .addDirectory(dataDirectory)
          .setMetadataLogDirectory(dataDirectory)
          .run();
    }
    JavaProcess.endWithInput();

    KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    server.startup();
    JavaProcess.ready();
    server.awaitShutdown();
  }
}
