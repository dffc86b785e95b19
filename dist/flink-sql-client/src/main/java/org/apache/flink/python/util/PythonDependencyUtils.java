package org.apache.flink.python.util;

import org.apache.commons.cli.CommandLine;
import org.apache.flink.configuration.Configuration;

/**
 * Stands in for the class of this name in flink-python, which Flink's SQL client loads by name at
 * its start whether or not Python is used. This client has no Python, so that no option of it can
 * be set; the jar with the real class is 42 MB.
 */
public final class PythonDependencyUtils {
  private PythonDependencyUtils() {}

  /** The configuration that Python options of the command line ask for: none. */
  public static Configuration parsePythonDependencyConfiguration(CommandLine commandLine) {
    return new Configuration();
  }
}
