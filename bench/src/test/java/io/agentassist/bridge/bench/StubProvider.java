package io.agentassist.bridge.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/**
 * The outside world: the provider's log-in and query, and the analytics endpoint. It does
 * as little as it can, since it shares the machine with what is measured.
 */
final class StubProvider implements AutoCloseable {

	static {
		// Else each answer's head and body would wait for one another's acknowledgement,
		// 40 ms, and connections beyond 200 idle ones would be closed under the bridge.
		System.setProperty("sun.net.httpserver.nodelay", "true");
		System.setProperty("sun.net.httpserver.maxIdleConnections", "4096");
	}

	private static final Pattern TIMESTAMP = Pattern.compile("\"timestamp\":\"([^\"]+)\"");

	private final LongAdder tokens = new LongAdder();

	private final LongAdder queries = new LongAdder();

	private final Map<Interaction, Integer> events = new ConcurrentHashMap<>();

	private final LongAdder received = new LongAdder();

	private final Queue<Long> ages = new ConcurrentLinkedQueue<>();

	// Daemons all, so that a crashed simulation leaves no thread that holds its JVM.
	private final ThreadFactory daemons = (task) -> {
		Thread thread = new Thread(task, "stub-provider");
		thread.setDaemon(true);
		return thread;
	};

	private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(2, this.daemons);

	private final HttpServer server;

	private volatile Duration delay = Duration.ZERO;

	StubProvider() {
		try {
			// A backlog for a burst: the default drops connections beyond 50.
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Cannot open the stub provider's port", ex);
		}
		this.server.setExecutor(this.executor);
		this.server.createContext("/oauth/token", this::token);
		this.server.createContext("/api/v2/agentassist/suggestions/query", this::query);
		this.server.createContext("/events", this::event);
		this.server.createContext("/stats", (exchange) -> answer(exchange, 200, stats()));
	}

	void start() {
		// The server's own thread is a daemon only if the one that starts it is.
		Thread starter = this.daemons.newThread(this.server::start);
		starter.start();
		try {
			starter.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	URI uri() {
		return URI.create("http://127.0.0.1:" + this.server.getAddress().getPort());
	}

	/**
	 * Makes the provider slow, or quick again.
	 * @param delay how long each query takes from now on
	 */
	void answerQueriesAfter(Duration delay) {
		this.delay = delay;
	}

	/**
	 * What analytics received so far.
	 * @return how often each interaction was delivered
	 */
	Map<Interaction, Integer> events() {
		return Map.copyOf(this.events);
	}

	/**
	 * Counts what analytics received so far.
	 * @return events, repeats included
	 */
	int received() {
		return this.received.intValue();
	}

	/**
	 * Tells how long analytics events had waited for their delivery, and forgets it.
	 * @return milliseconds from what an event tells of to its arrival, in the order of
	 * arrival, since the last call
	 */
	List<Long> takeAges() {
		List<Long> taken = new ArrayList<>();
		for (Long age = this.ages.poll(); age != null; age = this.ages.poll()) {
			taken.add(age);
		}
		return taken;
	}

	private static Duration age(String event) {
		Matcher timestamp = TIMESTAMP.matcher(event);
		return timestamp.find() ? Duration.between(Instant.parse(timestamp.group(1)), Instant.now()) : Duration.ZERO;
	}

	String stats() {
		return "{\"tokens\":%d,\"queries\":%d,\"events\":%d}".formatted(this.tokens.sum(), this.queries.sum(),
				this.received.sum());
	}

	private void token(HttpExchange exchange) throws IOException {
		this.tokens.increment();
		exchange.getRequestBody().readAllBytes();
		answer(exchange, 200, "{\"access_token\":\"bench\",\"token_type\":\"bearer\",\"expires_in\":86399}");
	}

	private void query(HttpExchange exchange) throws IOException {
		exchange.getRequestBody().readAllBytes();
		this.queries.increment();
		String answer = "{\"id\":\"" + UUID.randomUUID() + "\",\"status\":\"queued\"}";
		if (this.delay.isZero()) {
			answer(exchange, 202, answer);
		}
		else {
			// No thread waits: a thousand answers may be due at once.
			this.executor.schedule(() -> {
				answer(exchange, 202, answer);
				return null;
			}, this.delay.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private void event(HttpExchange exchange) throws IOException {
		String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
		if (Interaction.isOne(body)) {
			this.events.merge(Interaction.parse(body), 1, Integer::sum);
			this.ages.add(age(body).toMillis());
		}
		this.received.increment();
		answer(exchange, 200, "{}");
	}

	private static void answer(HttpExchange exchange, int status, String json) throws IOException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", "application/json");
		exchange.sendResponseHeaders(status, body.length);
		try (OutputStream out = exchange.getResponseBody()) {
			out.write(body);
		}
	}

	@Override
	public void close() {
		this.server.stop(0);
		this.executor.shutdownNow();
	}

}
