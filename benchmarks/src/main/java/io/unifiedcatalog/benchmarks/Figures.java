package io.unifiedcatalog.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures of several rounds: the median is quoted, with the least and the greatest. */
final class Figures {
  private final List<Double> values = new ArrayList<>();

  void add(double value) {
    values.add(value);
  }

  double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%8.2f %8.2f %8.2f",
        median(),
        values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN),
        values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN));
  }
}
