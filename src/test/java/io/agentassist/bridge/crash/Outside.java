package io.agentassist.bridge.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * What the bridge talks to: the provider, which queues every query, and the analytics
 * endpoint, which remembers every event. Both live through the bridge's crashes.
 */
public final class Outside implements AutoCloseable {

	private static final ObjectMapper JSON = new ObjectMapper();

	private final HttpServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final AtomicLong queries = new AtomicLong();

	/** Bodies by event id, and how often each id came. */
	private final Map<String, JsonNode> events = new ConcurrentHashMap<>();

	private final AtomicLong redelivered = new AtomicLong();

	private volatile boolean analyticsDown;

	/** Starts both. */
	public Outside() {
		try {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.server.createContext("/oauth/token",
				(exchange) -> answer(exchange, 200, "{\"access_token\":\"t\",\"expires_in\":86400}"));
		this.server.createContext("/api/v2/agentassist/suggestions/query", (exchange) -> answer(exchange, 200,
				"{\"id\":\"crash-" + this.queries.incrementAndGet() + "\",\"status\":\"queued\"}"));
		this.server.createContext("/events", this::keepEvent);
		this.server.setExecutor(this.threads);
		this.server.start();
	}

	/**
	 * Gets where both are.
	 * @return the base URL; the events go to {@code /events} below it
	 */
	public String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort();
	}

	/**
	 * Gets what points a bridge to both.
	 * @return properties of the application
	 */
	Map<String, String> settings() {
		Map<String, String> settings = new HashMap<>();
		settings.put("agentassist.genesys.client-id", "crash");
		settings.put("agentassist.genesys.client-secret", "crash-secret-0123456789");
		settings.put("agentassist.genesys.api-url", url());
		settings.put("agentassist.genesys.login-url", url());
		settings.put("agentassist.public-url", "http://127.0.0.1");
		settings.put("agentassist.callback.auth", "none");
		settings.put("agentassist.api.auth", "none");
		settings.put("agentassist.analytics.endpoint", url() + "/events");
		// Failed deliveries are due again soon: the run ends with all of them done.
		settings.put("agentassist.outbox.max-delay", "2s");
		settings.put("agentassist.outbox.max-probe-delay", "2s");
		settings.put("agentassist.outbox.claim-time", "5s");
		// A cold process on a busy machine takes its time; that is not what is tested
		// here.
		settings.put("agentassist.suggestions.max-construction-latency", "10s");
		return settings;
	}

	/**
	 * Lets the analytics endpoint answer 503, or work again.
	 * @param down whether it is out of order
	 */
	public void setAnalyticsDown(boolean down) {
		this.analyticsDown = down;
	}

	/**
	 * Gets what the analytics endpoint took.
	 * @return the events by their id
	 */
	public Map<String, JsonNode> events() {
		return this.events;
	}

	/**
	 * Counts the events that came again with the id and the content of an earlier one.
	 * @return the number
	 */
	public long redelivered() {
		return this.redelivered.get();
	}

	private void keepEvent(HttpExchange exchange) throws IOException {
		JsonNode event = JSON.readTree(exchange.getRequestBody().readAllBytes());
		if (this.analyticsDown) {
			answer(exchange, 503, "");
			return;
		}
		JsonNode earlier = this.events.putIfAbsent(event.path("event_id").asText(), event);
		if (earlier != null) {
			this.redelivered.incrementAndGet();
		}
		answer(exchange, 202, "");
	}

	private static void answer(HttpExchange exchange, int status, String body) throws IOException {
		byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().add("Content-Type", "application/json");
		if (bytes.length > 0) {
			exchange.sendResponseHeaders(status, bytes.length);
			exchange.getResponseBody().write(bytes);
		}
		else {
			exchange.sendResponseHeaders(status, -1);
		}
		exchange.close();
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.threads.shutdownNow();
	}

}
