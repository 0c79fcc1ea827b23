package io.agentassist.bridge.genesys;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.StringEntity;
import io.agentassist.bridge.http.BoundedHttpCalls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.jks.JksSslStoreBundle;
import org.springframework.boot.ssl.jks.JksSslStoreDetails;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Shows whom the client trusts and what it shows of itself, over real TLS with an
 * authority of our own, and by a real proxy.
 */
class ProviderTlsTest {

	private static final String PASSWORD = "changeit";

	private static final BoundedHttpCalls CALLS = new BoundedHttpCalls();

	@TempDir
	private static Path folder;

	private static WireMockServer server;

	private static WireMockServer proxy;

	@BeforeAll
	static void start() throws Exception {
		keys("server", "CN=localhost", "SAN=dns:localhost");
		keys("client", "CN=bridge", "SAN=dns:bridge");
		export("server", "trusted-by-client");
		export("client", "trusted-by-server");
		server = new WireMockServer(WireMockConfiguration.options()
			.dynamicPort()
			.dynamicHttpsPort()
			.keystorePath(store("server"))
			.keystorePassword(PASSWORD)
			.keyManagerPassword(PASSWORD)
			.keystoreType("PKCS12")
			.needClientAuth(true)
			.trustStorePath(store("trusted-by-server"))
			.trustStorePassword(PASSWORD)
			.trustStoreType("PKCS12"));
		server.start();
		server.stubFor(post(anyUrl()).willReturn(aResponse().withStatus(202).withBody("taken")));
		proxy = new WireMockServer(WireMockConfiguration.options().dynamicPort().enableBrowserProxying(true));
		proxy.start();
	}

	@AfterAll
	static void stop() {
		server.stop();
		proxy.stop();
		CALLS.close();
	}

	@Test
	void shouldShowTheClientCertificate() throws IOException {
		assertThat(status(call("https://localhost:" + server.httpsPort(), bundle("client", "trusted-by-client"), null)))
			.isEqualTo(202);
	}

	@Test
	void shouldFailWithoutAClientCertificateWhereOneIsWanted() {
		// The server may break the connection before its alert is read.
		assertThatThrownBy(
				() -> call("https://localhost:" + server.httpsPort(), bundle(null, "trusted-by-client"), null))
			.isInstanceOfAny(SSLException.class, ConnectionFailedException.class);
	}

	/**
	 * As a gateway does that restarts behind a proxy: nothing was sent, so it is tried
	 * again.
	 */
	@Test
	void shouldTakeAServerThatHangsUpInTheHandshakeForAFailedConnection() throws IOException {
		try (ServerSocket closing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
				try (Socket socket = closing.accept()) {
					// The hello of the handshake; a rest unread would break the
					// connection.
					assertThat(socket.getInputStream().readNBytes(5)).hasSize(5);
					socket.getInputStream().skipNBytes(socket.getInputStream().available());
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			});

			assertThatExceptionOfType(ConnectionFailedException.class)
				.isThrownBy(() -> call("https://localhost:" + closing.getLocalPort(), null, null));
			served.join();
		}
	}

	/**
	 * Each query on such a connection failed, so that a gateway that was restarted opened
	 * the circuit breaker of a healthy provider.
	 */
	@Test
	void shouldNotUseAConnectionThatTheServerHasClosed() throws Exception {
		try (ServerSocket closing = new ServerSocket(0)) {
			String url = "http://localhost:" + closing.getLocalPort();
			try (ProviderClient client = client(URI.create(url), null, null)) {
				for (int i = 0; i < 3; i++) {
					CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> answerAndClose(closing));
					assertThat(status(query(client, url))).isEqualTo(202);
					closed.join();
				}
			}
		}
	}

	/** Without a word that the connection is not kept. */
	private static void answerAndClose(ServerSocket server) {
		try (Socket connection = server.accept()) {
			BufferedReader request = new BufferedReader(
					new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
			while (!request.readLine().isEmpty()) {
				// The head.
			}
			request.skip(2);
			connection.getOutputStream()
				.write("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}".getBytes(StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void shouldRefuseAServerOfAnotherAuthority() {
		assertThatExceptionOfType(SSLException.class).isThrownBy(
				() -> call("https://localhost:" + server.httpsPort(), bundle("client", "trusted-by-server"), null));
		assertThatExceptionOfType(SSLException.class)
			.isThrownBy(() -> call("https://localhost:" + server.httpsPort(), null, null));
	}

	@Test
	void shouldRefuseAServerOfAnotherName() {
		assertThatExceptionOfType(SSLException.class).isThrownBy(
				() -> call("https://127.0.0.1:" + server.httpsPort(), bundle("client", "trusted-by-client"), null));
	}

	@Test
	void shouldGoThroughTheProxy() throws IOException {
		proxy.resetRequests();

		assertThat(status(call("http://localhost:" + server.port(), null, URI.create(proxy.baseUrl())))).isEqualTo(202);

		proxy.verify(1, postRequestedFor(anyUrl()));
	}

	private static int status(ClassicHttpResponse answer) {
		return answer.getCode();
	}

	private static ClassicHttpResponse call(String url, SSLContext ssl, URI proxyUrl) throws IOException {
		try (ProviderClient client = client(URI.create(url), ssl, proxyUrl)) {
			return query(client, url);
		}
	}

	private static ProviderClient client(URI base, SSLContext ssl, URI proxyUrl) {
		GenesysProperties properties = new GenesysProperties("id", "secret", base, base, "", proxyUrl,
				Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30), 2, Duration.ofSeconds(1), 4,
				new GenesysProperties.Breaker(20, 10, 50, Duration.ofSeconds(10), 3),
				new GenesysProperties.Rate(0.1, Duration.ofMinutes(1)), null);
		return new ProviderClient(() -> properties, properties.allOrganisations().get(GenesysProperties.DEFAULT), ssl,
				CALLS);
	}

	private static ClassicHttpResponse query(ProviderClient client, String url) throws IOException {
		HttpPost request = new HttpPost(url + "/query");
		request.setEntity(new StringEntity("{}"));
		return client.execute(HttpHost.create(URI.create(url)), request, Duration.ofSeconds(30));
	}

	private static SSLContext bundle(String keys, String trust) {
		return SslBundle.of(new JksSslStoreBundle((keys != null) ? details(keys) : null, details(trust)))
			.createSslContext();
	}

	private static JksSslStoreDetails details(String name) {
		return new JksSslStoreDetails("PKCS12", null, store(name), PASSWORD);
	}

	private static String store(String name) {
		return folder.resolve(name + ".p12").toString();
	}

	private static void keys(String name, String subject, String extension) throws Exception {
		keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-dname", subject, "-ext", extension, "-keystore",
				store(name));
	}

	private static void export(String name, String trustStore) throws Exception {
		String file = folder.resolve(name + ".crt").toString();
		keytool("-exportcert", "-alias", name, "-keystore", store(name), "-file", file);
		keytool("-importcert", "-noprompt", "-alias", name, "-keystore", store(trustStore), "-file", file);
	}

	private static void keytool(String... arguments) throws Exception {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
		command.addAll(List.of(arguments));
		command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
	}

}
