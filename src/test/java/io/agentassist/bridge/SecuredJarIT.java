package io.agentassist.bridge;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import io.agentassist.bridge.settings.TlsFiles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.mock.env.MockEnvironment;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Shows the packaged application as a site secures it: TLS with certificates of a real
 * authority, client certificates for callbacks, no open port besides its two, and files
 * for its own user only.
 */
class SecuredJarIT {

	private static final String STORE_PASSWORD = "changeit";

	@TempDir
	private static Path folder;

	private static PackagedBridge bridge;

	@BeforeAll
	static void start() throws Exception {
		keytool("-genkeypair -alias ca -dname CN=test-ca -ext bc:c -keyalg EC -keystore ca.p12");
		keytool("-exportcert -alias ca -rfc -file ca.pem -keystore ca.p12");
		keytool("-genkeypair -alias stranger -dname CN=stranger -keyalg EC -keystore stranger.p12");
		issue("server", "-ext san=ip:127.0.0.1");
		issue("provider", "");
		bridge = new PackagedBridge(Files.createDirectory(folder.resolve("bridge")), settings());
		bridge.launch();
		HttpClient client = client("ca", null);
		await().atMost(Duration.ofMinutes(2))
			.pollInterval(Duration.ofMillis(100))
			.ignoreExceptions()
			.untilAsserted(() -> {
				assertThat(bridge.process().isAlive()).as(bridge.log()).isTrue();
				assertThat(get(client, "/openapi.yaml").statusCode()).isEqualTo(200);
			});
	}

	private static Map<String, String> settings() {
		Map<String, String> settings = new TreeMap<>();
		settings.put("spring.profiles.active", "tls,mutual-tls");
		settings.put("agentassist.tls.certificate", folder.resolve("server.pem").toString());
		settings.put("agentassist.tls.private-key", folder.resolve("server.key").toString());
		settings.put("agentassist.tls.client-ca", folder.resolve("ca.pem").toString());
		settings.put("agentassist.public-url", "https://127.0.0.1");
		settings.put("agentassist.genesys.client-id", "id");
		settings.put("agentassist.genesys.client-secret", "secret");
		settings.put("agentassist.callback.secret", "secret-of-the-callbacks");
		settings.put("agentassist.api.keys", "key-of-the-desktop-1");
		return settings;
	}

	@AfterAll
	static void stop() {
		bridge.close();
	}

	@Test
	void shouldServeOverTlsOnly() throws Exception {
		HttpResponse<String> answer = get(client("ca", null), "/agentassist/suggestions/unknown");

		assertThat(answer.statusCode()).isEqualTo(401);
		assertThat(answer.sslSession())
			.hasValueSatisfying((session) -> assertThat(session.getProtocol()).isEqualTo("TLSv1.3"));
		assertThat(answer.headers().firstValue("Strict-Transport-Security")).isPresent();
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> get(client("stranger", null), "/openapi.yaml"));
		assertThat(bridge.get("/agentassist/suggestions/unknown").statusCode()).isEqualTo(400);
	}

	/** The start asks for these before anything else, see {@code PackagedJarIT}. */
	@ParameterizedTest
	@CsvSource(nullValues = "none",
			value = { "server.pem, server.key, none",
					"server.pem, provider.key, Private key in keystore matches none of the certificates in the chain",
					"reversed.pem, server.key, Certificate chain is not valid",
					"server.key, server.pem, Missing private key or unrecognized format",
					"server.pem, missing.key, missing.key (No such file or directory)",
					"server.pem, -----BEGIN PRIVATE KEY-----swordfish, 'must name files, not hold what is in them'" })
	void shouldTellWhichFilesCannotBeUsed(String certificate, String key, String problem) throws IOException {
		Files.writeString(folder.resolve("reversed.pem"),
				Files.readString(folder.resolve("ca.pem")) + Files.readString(folder.resolve("server.pem")));
		String bundle = "spring.ssl.bundle.pem.api";
		Map<String, String> problems = TlsFiles.problems(new MockEnvironment()
			.withProperty(bundle + ".keystore.certificate", "file:" + folder.resolve(certificate))
			.withProperty(bundle + ".keystore.private-key", "file:" + folder.resolve(key))
			.withProperty(bundle + ".keystore.verify-keys", "true"));

		if (problem == null) {
			assertThat(problems).isEmpty();
		}
		else {
			assertThat(problems).containsOnlyKeys(bundle);
			assertThat(problems.get(bundle)).contains(problem).doesNotContain("swordfish");
		}
	}

	/** It served nobody until the key came, and reported nothing. */
	@Test
	void shouldKeepItsCertificateUntilTheKeyOfTheNextOneIsThere() throws Exception {
		Path certificate = folder.resolve("server.pem");
		byte[] good = Files.readAllBytes(certificate);
		Files.write(certificate, Files.readAllBytes(folder.resolve("provider.pem")));
		try {
			await().atMost(Duration.ofSeconds(60))
				.untilAsserted(() -> assertThat(bridge.log()).contains("Unexpected SSL reload error",
						"Private key in keystore matches none of the certificates in the chain"));

			assertThat(get(client("ca", null), "/openapi.yaml").statusCode()).isEqualTo(200);
		}
		finally {
			Files.write(certificate, good);
		}
	}

	@Test
	void shouldTakeCallbacksOnlyFromACertificateOfTheAuthority() throws Exception {
		HttpRequest callback = HttpRequest.newBuilder(url("/agentassist/callback"))
			.header("Content-Type", "application/json")
			.header("X-Hub-Signature-256",
					BridgeTest.signature("{}".getBytes(StandardCharsets.UTF_8), "secret-of-the-callbacks"))
			.POST(HttpRequest.BodyPublishers.ofString("{}"))
			.build();

		// Camel would take the path for the one without the slash.
		HttpRequest withSlash = HttpRequest.newBuilder(callback, (name, value) -> true)
			.uri(url("/agentassist/callback/"))
			.header("X-API-Key", "key-of-the-desktop-1")
			.build();

		assertThat(client("ca", null).send(withSlash, HttpResponse.BodyHandlers.ofString()).statusCode())
			.isEqualTo(401);
		assertThat(client("ca", null).send(callback, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(401);
		await().atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(manage("/actuator/prometheus").body())
				.contains("agentassist_callbacks_total{outcome=\"unauthorized\"} 1.0"));
		HttpResponse<String> known = client("ca", "provider").send(callback, HttpResponse.BodyHandlers.ofString());
		assertThat(known.statusCode()).isEqualTo(400);
		assertThat(known.body()).contains("Invalid JSON payload");
		assertThat(client("ca", "stranger").send(callback, HttpResponse.BodyHandlers.ofString()).statusCode())
			.isEqualTo(401);
	}

	@Test
	void shouldOpenNoPortForDebuggersOrRemoteManagement() throws Exception {
		// The management port opens after the other one.
		await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(listeningPorts()).hasSize(2));
	}

	/** It took over the other port's TLS. */
	@Test
	void shouldServeOperatorsOverPlainHttp() throws Exception {
		await().atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(manage("/actuator/health/liveness").statusCode()).isEqualTo(200));
		assertThat(manage("/actuator/prometheus").body()).contains("ssl_chain_expiry_seconds{bundle=\"api\"");
	}

	private static HttpResponse<String> manage(String path) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(bridge.managementUrl(path)).build(), HttpResponse.BodyHandlers.ofString());
	}

	@Test
	void shouldMakeFilesForItsOwnUserOnly() throws Exception {
		try (Stream<Path> files = Files.walk(folder.resolve("bridge/data"))) {
			List<Path> all = files.toList();
			assertThat(all).hasSizeGreaterThan(4);
			for (Path file : all) {
				Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
				Set<PosixFilePermission> expected = EnumSet.of(PosixFilePermission.OWNER_READ,
						PosixFilePermission.OWNER_WRITE);
				if (Files.isDirectory(file)) {
					expected.add(PosixFilePermission.OWNER_EXECUTE);
				}
				// The public key is there to be given away.
				if (!file.toString().endsWith(".pub.pem")) {
					assertThat(mode).as(file.toString()).isEqualTo(expected);
				}
			}
		}
	}

	@Test
	void shouldMakeNoHeapDumps() throws Exception {
		Process jcmd = new ProcessBuilder(tool("jcmd"), Long.toString(bridge.process().pid()), "VM.flags", "-all")
			.redirectErrorStream(true)
			.start();
		String flags = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

		assertThat(flags).containsPattern("HeapDumpOnOutOfMemoryError\\s+= false");
	}

	/** Of the process, by the kernel's tables. */
	private static Set<Integer> listeningPorts() throws IOException {
		Set<String> sockets = new HashSet<>();
		Path process = Path.of("/proc/" + bridge.process().pid());
		try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
			for (Path descriptor : descriptors.toList()) {
				try {
					sockets.add(Files.readSymbolicLink(descriptor).toString());
				}
				catch (IOException ex) {
					// Closed meanwhile.
				}
			}
		}
		Set<Integer> ports = new TreeSet<>();
		for (String table : List.of("net/tcp", "net/tcp6")) {
			for (String line : Files.readAllLines(process.resolve(table))) {
				String[] fields = line.strip().split("\\s+", -1);
				if (fields[3].equals("0A") && sockets.contains("socket:[" + fields[9] + "]")) {
					ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
				}
			}
		}
		return ports;
	}

	private static URI url(String path) {
		return URI.create(bridge.url(path).toString().replace("http:", "https:"));
	}

	private static HttpResponse<String> get(HttpClient client, String path) throws IOException, InterruptedException {
		return client.send(HttpRequest.newBuilder(url(path)).timeout(Duration.ofSeconds(20)).build(),
				HttpResponse.BodyHandlers.ofString());
	}

	private static HttpClient client(String trusted, String own) throws Exception {
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		KeyStore authorities = KeyStore.getInstance("PKCS12");
		authorities.load(null, null);
		authorities.setCertificateEntry("trusted", store(trusted).getCertificate(trusted));
		trust.init(authorities);
		KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		if (own != null) {
			keys.init(store(own), STORE_PASSWORD.toCharArray());
		}
		SSLContext context = SSLContext.getInstance("TLS");
		context.init((own != null) ? keys.getKeyManagers() : null, trust.getTrustManagers(), null);
		return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(context).build();
	}

	private static KeyStore store(String name) throws Exception {
		return KeyStore.getInstance(folder.resolve(name + ".p12").toFile(), STORE_PASSWORD.toCharArray());
	}

	/** A key with a certificate of the authority, as a key store and as PEM files. */
	private static void issue(String name, String extension) throws Exception {
		keytool("-genkeypair -alias " + name + " -dname CN=" + name + " -keyalg EC -keystore " + name + ".p12");
		keytool("-certreq -alias " + name + " -file " + name + ".csr -keystore " + name + ".p12");
		keytool("-gencert -alias ca -rfc -infile " + name + ".csr -outfile " + name + ".pem " + extension
				+ " -keystore ca.p12");
		keytool("-importcert -noprompt -alias ca -file ca.pem -keystore " + name + ".p12");
		keytool("-importcert -noprompt -alias " + name + " -file " + name + ".pem -keystore " + name + ".p12");
		byte[] key = store(name).getKey(name, STORE_PASSWORD.toCharArray()).getEncoded();
		Files.writeString(folder.resolve(name + ".key"), "-----BEGIN PRIVATE KEY-----\n"
				+ Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(key) + "\n-----END PRIVATE KEY-----\n");
	}

	private static String tool(String name) {
		return Path.of(System.getProperty("java.home"), "bin", name).toString();
	}

	private static void keytool(String arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(List.of(tool("keytool")));
		command.addAll(List.of(StringUtils.tokenizeToStringArray(arguments, " ")));
		command.addAll(List.of("-storepass", STORE_PASSWORD, "-storetype", "PKCS12"));
		Process process = new ProcessBuilder(command).directory(folder.toFile())
			.redirectErrorStream(true)
			.redirectOutput(folder.resolve("keytool.log").toFile())
			.start();
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(Files.readString(folder.resolve("keytool.log"))).isZero();
	}

}
