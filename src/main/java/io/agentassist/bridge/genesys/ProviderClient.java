package io.agentassist.bridge.genesys;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;

import io.agentassist.bridge.http.BoundedHttpCalls;

import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * The HTTP client of one organisation. It has its own connections and limits the time of
 * every call, whether it waits for a connection, a handshake or the next byte of an
 * answer that only trickles in. Thread safe.
 */
final class ProviderClient implements Closeable {

	/** Bytes. The library's 32 KB, twice, would be 64 MB for a thousand connections. */
	private static final int BUFFER_SIZE = 8192;

	private static final int MAX_HEADERS = 100;

	private static final int MAX_HEADER_LENGTH = 8192;

	private final CloseableHttpClient client;

	private final Duration connectTimeout;

	private final Supplier<GenesysProperties> settings;

	private final BoundedHttpCalls calls;

	ProviderClient(Supplier<GenesysProperties> settings, GenesysProperties.Organisation organisation, SSLContext ssl,
			BoundedHttpCalls calls) {
		// One more for token fetches, which run beside the queries, one at a time.
		int connections = organisation.maxConcurrentQueries() + 1;
		Timeout connect = Timeout.of(settings.get().connectTimeout());
		HttpClientBuilder builder = HttpClientBuilder.create()
			.setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
				.setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
					.http1Config(Http1Config.custom()
						.setBufferSize(BUFFER_SIZE)
						.setMaxHeaderCount(MAX_HEADERS)
						.setMaxLineLength(MAX_HEADER_LENGTH)
						.build())
					.build())
				.setTlsSocketStrategy(
						(ssl != null) ? new DefaultClientTlsStrategy(ssl) : DefaultClientTlsStrategy.createDefault())
				.setDefaultTlsConfig(TlsConfig.custom().setHandshakeTimeout(connect).build())
				.setDefaultConnectionConfig(ConnectionConfig.custom()
					.setConnectTimeout(connect)
					// Before each use, which takes 1 ms: a gateway may close idle
					// connections at any moment, and a query on one that is closed
					// counts as failed.
					.setValidateAfterInactivity(TimeValue.ZERO_MILLISECONDS)
					.build())
				.setMaxConnTotal(connections)
				.setMaxConnPerRoute(connections)
				.build())
			// Retries are up to the routes.
			.disableAutomaticRetries()
			.disableRedirectHandling()
			// Answers are short, and a few bytes must not expand into megabytes.
			.disableContentCompression()
			.disableCookieManagement()
			.disableAuthCaching();
		BoundedHttpCalls.setHeaders(builder);
		if (organisation.proxy() != null) {
			builder.setProxy(HttpHost.create(organisation.proxy()));
		}
		this.client = builder.build();
		this.connectTimeout = settings.get().connectTimeout();
		this.settings = settings;
		this.calls = calls;
	}

	/**
	 * Makes a call and reads its whole answer.
	 * @param target the host
	 * @param request the request
	 * @param left longest time for the whole call
	 * @return the answer, which no longer holds a connection
	 * @throws SocketTimeoutException when it took too long
	 * @throws ConnectionFailedException if there was no connection, or it broke before an
	 * answer arrived
	 * @throws IOException if the answer broke off
	 */
	ClassicHttpResponse execute(HttpHost target, HttpUriRequestBase request, Duration left) throws IOException {
		HttpClientContext context = HttpClientContext.create();
		context.setRequestConfig(RequestConfig.custom()
			.setConnectionRequestTimeout(Timeout.of(Collections.min(List.of(this.connectTimeout, left))))
			.setResponseTimeout(Timeout.of(Collections.min(List.of(this.settings.get().responseTimeout(), left))))
			.build());
		return this.calls.execute(request, left, () -> open(target, request, context));
	}

	private ClassicHttpResponse open(HttpHost target, HttpUriRequestBase request, HttpClientContext context)
			throws IOException {
		try {
			return this.client.executeOpen(target, request, context);
		}
		catch (ConnectTimeoutException | ConnectionRequestTimeoutException | SocketException | UnknownHostException
				| NoHttpResponseException ex) {
			throw new ConnectionFailedException(ex);
		}
		catch (SSLHandshakeException ex) {
			// The server hung up, as when it restarts behind a proxy. A certificate that
			// is refused has another cause.
			throw (ex.getCause() instanceof EOFException) ? new ConnectionFailedException(ex) : ex;
		}
	}

	@Override
	public void close() throws IOException {
		this.client.close();
	}

}
