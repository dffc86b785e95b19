package io.unifiedcatalog.testing;

import com.sun.jna.Library;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libchdb, ClickHouse's engine as a library, that {@link ClickHouseEngine} calls;
 * its header chdb.h describes them. A connection is one session, used by one thread at a time.
 */
interface Chdb extends Library {
  void chdb_set_signal_handlers_enabled(boolean enabled);

  /** A pointer to the connection; null if there is none. */
  @Nullable Pointer chdb_connect(int count, String[] arguments);

  Pointer chdb_query_n(
      Pointer connection, byte[] query, NativeLong length, String format, NativeLong formatLength);

  Pointer chdb_stream_query_n(
      Pointer connection, byte[] query, NativeLong length, String format, NativeLong formatLength);

  /** The next part of a stream; one that is empty ends it. */
  @Nullable Pointer chdb_stream_fetch_result(Pointer connection, Pointer stream);

  void chdb_stream_cancel_query(Pointer connection, Pointer stream);

  void chdb_destroy_query_result(Pointer result);

  Pointer chdb_result_buffer(Pointer result);

  NativeLong chdb_result_length(Pointer result);

  /** Null: there was none. */
  @Nullable String chdb_result_error(Pointer result);
}
