package io.unifiedcatalog.formats.avro;

import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A small map in two arrays. Never changed once it is in a row. */
final class EntryMap extends AbstractMap<Object, @Nullable Object> {
  /** The most entries that are searched one after the other. */
  static final int MAXIMUM_SIZE = 8;

  private final Object[] keys;
  private final @Nullable Object[] values;
  private int size;

  EntryMap(int capacity) {
    keys = new Object[capacity];
    values = new @Nullable Object[capacity];
  }

  /** Adds an entry, or replaces the one of an equal key. */
  void set(Object key, @Nullable Object value) {
    int i = find(key);
    if (i < 0) {
      i = size++;
      keys[i] = key;
    }
    values[i] = value;
  }

  private int find(@Nullable Object key) {
    for (int i = 0; i < size; i++) {
      if (keys[i].equals(key)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public @Nullable Object get(@Nullable Object key) {
    int i = find(key);
    return i < 0 ? null : values[i];
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return find(key) >= 0;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Set<Object> keySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Object> iterator() {
        return Arrays.asList(toArray()).iterator();
      }

      @Override
      public Object[] toArray() {
        return Arrays.copyOf(keys, size);
      }

      @Override
      public boolean contains(@Nullable Object key) {
        return containsKey(key);
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  @Override
  public Collection<@Nullable Object> values() {
    return new AbstractCollection<>() {
      @Override
      public Iterator<@Nullable Object> iterator() {
        return Arrays.asList(toArray()).iterator();
      }

      @Override
      public @Nullable Object[] toArray() {
        return Arrays.copyOf(values, size);
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  @Override
  public Set<Map.Entry<Object, @Nullable Object>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<Object, @Nullable Object>> iterator() {
        return new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < size;
          }

          @Override
          public Map.Entry<Object, @Nullable Object> next() {
            if (next >= size) {
              throw new NoSuchElementException();
            }
            return new SimpleImmutableEntry<>(keys[next], values[next++]);
          }
        };
      }

      @Override
      public int size() {
        return size;
      }
    };
  }
}
