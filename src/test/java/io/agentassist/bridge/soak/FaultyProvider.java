package io.agentassist.bridge.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * A provider that answers 10 % of the queries 429 with Retry-After 1, 5 % 503, breaks the
 * connection of 5 % and lets 2 % wait for 6 s, once it is told to; and an analytics
 * endpoint that works.
 */
final class FaultyProvider implements AutoCloseable {

	static {
		// Else this server closes kept-alive connections beyond 200, and waits for
		// acknowledgements: troubles of its own, besides those that are counted.
		System.setProperty("sun.net.httpserver.maxIdleConnections", "5000");
		System.setProperty("sun.net.httpserver.nodelay", "true");
	}

	private static final ObjectMapper JSON = new ObjectMapper();

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final Random random;

	private final AtomicLong queries = new AtomicLong();

	private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();

	private final Map<String, AtomicInteger> events = new ConcurrentHashMap<>();

	private volatile boolean faulty;

	FaultyProvider(long seed) {
		this.random = new Random(seed);
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1000);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.createContext("/oauth/token",
				(exchange) -> answer(exchange, 200, "{\"access_token\":\"t\",\"expires_in\":86400}"));
		this.server.createContext("/api/v2/agentassist/suggestions/query", this::query);
		this.server.createContext("/events", this::event);
		this.server.setExecutor(this.threads);
		this.server.start();
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort();
	}

	/** Fails from now on; counts what it answers anew. */
	void misbehave() {
		this.answers.clear();
		this.faulty = true;
	}

	/** How many queries came. */
	long queries() {
		return this.queries.get();
	}

	/** What they were answered, and how many each. */
	Map<String, AtomicInteger> answers() {
		return this.answers;
	}

	/** How often each event came, by action and request. */
	Map<String, AtomicInteger> events() {
		return this.events;
	}

	private void query(HttpExchange exchange) throws IOException {
		exchange.getRequestBody().readAllBytes();
		long number = this.queries.incrementAndGet();
		int percent = this.faulty ? this.random.nextInt(100) : 100;
		if (percent < 10) {
			count("429");
			exchange.getResponseHeaders().add("Retry-After", "1");
			answer(exchange, 429, "{\"code\":\"too.many.requests.retry.after\",\"message\":\"m\",\"status\":429}");
		}
		else if (percent < 15) {
			count("503");
			answer(exchange, 503, "{\"code\":\"down\",\"message\":\"m\",\"status\":503}");
		}
		else if (percent < 20) {
			count("reset");
			exchange.close();
		}
		else {
			count((percent < 22) ? "slow" : "queued");
			if (percent < 22) {
				pause();
			}
			answer(exchange, 202, "{\"id\":\"soak-" + number + "\",\"status\":\"queued\"}");
		}
	}

	private static void pause() {
		try {
			TimeUnit.SECONDS.sleep(6);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void count(String answer) {
		this.answers.computeIfAbsent(answer, (key) -> new AtomicInteger()).incrementAndGet();
	}

	private void event(HttpExchange exchange) throws IOException {
		JsonNode event = JSON.readTree(exchange.getRequestBody().readAllBytes());
		if ("agentassist_interaction".equals(event.path("event_type").asText())) {
			this.events.computeIfAbsent(name(event), (key) -> new AtomicInteger()).incrementAndGet();
		}
		answer(exchange, 202, "{}");
	}

	/** What an event tells of. */
	static String name(JsonNode event) {
		return event.path("action").asText() + " " + event.path("request_id").asText();
	}

	private static void answer(HttpExchange exchange, int status, String body) throws IOException {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, bytes.length);
		exchange.getResponseBody().write(bytes);
		exchange.close();
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
