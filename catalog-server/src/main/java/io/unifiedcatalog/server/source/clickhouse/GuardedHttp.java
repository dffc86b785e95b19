package io.unifiedcatalog.server.source.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.internal.HttpAPIClientHelper;
import com.clickhouse.jdbc.ConnectionImpl;
import java.io.IOException;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.SQLException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.CloseableHttpResponse;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP client of ClickHouse's driver, without what would make the catalog a way to other
 * servers: it follows no redirect, and an error's body reaches a message only if ClickHouse says
 * that the error is its own. Otherwise whoever adds a source could read the answers of servers that
 * only the catalog reaches.
 */
final class GuardedHttp extends CloseableHttpClient {
  private static final String EXCEPTION_CODE = "X-ClickHouse-Exception-Code";
  private static final int REDIRECTS = 3;
  private static final int FIRST_ERROR = 400;
  private static final int CLASS = 100;

  private final CloseableHttpClient client;

  private GuardedHttp(CloseableHttpClient client) {
    this.client = client;
  }

  /**
   * Guards a connection. The driver has no setting for it, and its client in a field; as the driver
   * is part of the server, a test sees it if a later release has it elsewhere.
   *
   * @param connection has not sent anything yet: {@code server_time_zone} was set
   */
  static void guard(Connection connection) throws SQLException {
    Client driver = connection.unwrap(ConnectionImpl.class).getClient();
    try {
      Field helper = Client.class.getDeclaredField("httpClientHelper");
      helper.setAccessible(true);
      Field client = HttpAPIClientHelper.class.getDeclaredField("httpClient");
      client.setAccessible(true);
      Object of = helper.get(driver);
      client.set(of, new GuardedHttp((CloseableHttpClient) client.get(of)));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The driver of this release has its client there", e);
    }
  }

  @Override
  protected CloseableHttpResponse doExecute(
      @Nullable HttpHost target, ClassicHttpRequest request, @Nullable HttpContext context)
      throws IOException {
    if (request instanceof HttpUriRequestBase known) {
      RequestConfig config = known.getConfig() == null ? RequestConfig.DEFAULT : known.getConfig();
      known.setConfig(RequestConfig.copy(config).setRedirectsEnabled(false).build());
    }
    @SuppressWarnings("deprecation") // What the driver calls; the caller closes the answer.
    CloseableHttpResponse response = client.execute(target, request, context);
    int status = response.getCode();
    String why =
        status / CLASS == REDIRECTS
            ? "it answered with a redirect (HTTP status " + status + "), which is not followed"
            : status >= FIRST_ERROR && !response.containsHeader(EXCEPTION_CODE)
                ? "it answered with HTTP status " + status + " and no error of ClickHouse's own"
                : "";
    if (!why.isEmpty()) {
      response.close();
      throw new IOException(why);
    }
    return response;
  }

  @Override
  public void close() throws IOException {
    client.close();
  }

  @Override
  public void close(CloseMode mode) {
    client.close(mode);
  }
}
