package io.agentassist.bridge.crash;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.awaitility.Awaitility.await;

/**
 * Desktops and the provider's webhook: each sends a trigger, then its callback, then a
 * feedback, and repeats each until it is acknowledged, as the provider does. What was
 * acknowledged is kept.
 */
final class Senders implements AutoCloseable {

	private static final int COUNT = 8;

	private static final Pattern REQUEST_ID = Pattern.compile("\"request_id\":\"([^\"]+)\"");

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final ExecutorService threads = Executors.newFixedThreadPool(COUNT);

	private final Function<String, URI> url;

	private final Set<String> requests = ConcurrentHashMap.newKeySet();

	private final Set<String> callbacks = ConcurrentHashMap.newKeySet();

	private final Set<String> feedback = ConcurrentHashMap.newKeySet();

	private final AtomicLong unavailable = new AtomicLong();

	private final Set<String> unexpected = ConcurrentHashMap.newKeySet();

	private volatile boolean stopping;

	/**
	 * Starts to send.
	 * @param url makes the URL of a path; asked each time
	 */
	Senders(Function<String, URI> url) {
		this.url = url;
		for (int i = 0; i < COUNT; i++) {
			this.threads.execute(this::send);
		}
	}

	private void send() {
		try {
			while (!this.stopping) {
				Matcher id = REQUEST_ID.matcher(untilAcknowledged("/agentassist/suggestions", """
						{"conversation_id":"crash","transcript":"My invoice is wrong","agent_id":"a",\
						"knowledge_source_ids":["kb"]}""", 202));
				if (!id.find()) {
					throw new IllegalStateException("No request_id in a 202");
				}
				String request = id.group(1);
				this.requests.add(request);
				untilAcknowledged("/agentassist/callback", """
						{"id":"%1$s","status":"completed","suggestions":[{"id":"s-%1$s","title":"T","content":"C",\
						"confidence":0.8}]}""".formatted(request), 200);
				this.callbacks.add(request);
				untilAcknowledged("/agentassist/feedback", """
						{"request_id":"%1$s","suggestion_id":"s-%1$s","action":"accepted","agent_id":"a"}"""
					.formatted(request), 202);
				this.feedback.add(request);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Answers that tell nobody to try again are unexpected, and tried again too. */
	private String untilAcknowledged(String path, String body, int expected) throws InterruptedException {
		while (true) {
			HttpRequest request = HttpRequest.newBuilder(this.url.apply(path))
				.timeout(Duration.ofSeconds(10))
				.header("Content-Type", "application/json")
				.POST(HttpRequest.BodyPublishers.ofString(body))
				.build();
			try {
				HttpResponse<String> answer = this.client.send(request, HttpResponse.BodyHandlers.ofString());
				if (answer.statusCode() == expected) {
					return answer.body();
				}
				if (answer.statusCode() == 503 && answer.headers().firstValue("Retry-After").isPresent()) {
					this.unavailable.incrementAndGet();
				}
				else {
					this.unexpected.add(path + ": " + answer.statusCode() + " " + answer.body());
				}
			}
			catch (IOException ex) {
				// Killed, or not listening again yet.
			}
			// The pause between two attempts of a sender.
			TimeUnit.MILLISECONDS.sleep(100);
		}
	}

	/**
	 * Waits.
	 * @param cycles for how many more triggers with their callback and feedback
	 */
	void awaitMore(int cycles) {
		int before = this.feedback.size();
		await().atMost(Duration.ofMinutes(2)).until(() -> this.feedback.size() >= before + cycles);
	}

	/** Begins nothing new, and waits until the last of all is acknowledged. */
	@Override
	public void close() {
		this.stopping = true;
		this.threads.shutdown();
		try {
			if (!this.threads.awaitTermination(2, TimeUnit.MINUTES)) {
				this.threads.shutdownNow();
				throw new IllegalStateException("Not acknowledged within 2 minutes");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Gets the acknowledged triggers.
	 * @return their request ids
	 */
	Set<String> requests() {
		return this.requests;
	}

	/**
	 * Gets the acknowledged callbacks.
	 * @return their request ids
	 */
	Set<String> callbacks() {
		return this.callbacks;
	}

	/**
	 * Gets the acknowledged feedback.
	 * @return their request ids
	 */
	Set<String> feedback() {
		return this.feedback;
	}

	/**
	 * Counts the answers 503 with Retry-After.
	 * @return the number
	 */
	long unavailable() {
		return this.unavailable.get();
	}

	/**
	 * Gets the answers that are neither an acknowledgement nor a 503.
	 * @return what came from where
	 */
	Set<String> unexpected() {
		return this.unexpected;
	}

}
