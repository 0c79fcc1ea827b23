package io.agentassist.bridge.desktop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Reads Server-Sent Events as the standard has them, and keeps what came. Closing it
 * breaks the connection.
 */
public final class EventStreamClient implements AutoCloseable {

	private static final ObjectMapper JSON = new ObjectMapper();

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private final HttpResponse<InputStream> answer;

	private final List<Event> events = new CopyOnWriteArrayList<>();

	private final List<String> comments = new CopyOnWriteArrayList<>();

	private volatile boolean over;

	/** Opens a stream. */
	public EventStreamClient(HttpRequest request) {
		try {
			this.answer = HttpClient.newBuilder()
				.version(HttpClient.Version.HTTP_1_1)
				.build()
				.send(request, HttpResponse.BodyHandlers.ofInputStream());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		assertThat(this.answer.statusCode()).isEqualTo(200);
		Thread reader = new Thread(this::read, "event-stream-client");
		reader.setDaemon(true);
		reader.start();
	}

	private void read() {
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(this.answer.body(), StandardCharsets.UTF_8))) {
			Map<String, String> fields = new LinkedHashMap<>();
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				if (line.startsWith(":")) {
					this.comments.add(line);
				}
				else if (!line.isEmpty()) {
					String[] field = line.split(": ", 2);
					assertThat(fields.put(field[0], field[1])).as(line).isNull();
				}
				else if (!fields.isEmpty()) {
					this.events.add(new Event(fields.remove("id"), fields.remove("event"),
							JSON.readTree(fields.remove("data"))));
					assertThat(fields).isEmpty();
				}
			}
		}
		catch (IOException ex) {
			// The connection was broken.
		}
		finally {
			this.over = true;
		}
	}

	/** The answer's head. */
	public HttpResponse<InputStream> answer() {
		return this.answer;
	}

	/** Waits until there are so many events, and shows all that came. */
	public List<Event> awaitEvents(int number) {
		await().atMost(PATIENCE).until(() -> this.events.size() >= number);
		return new ArrayList<>(this.events);
	}

	/** What came so far. */
	public List<Event> events() {
		return this.events;
	}

	/** Waits until there are so many comments, and shows all that came. */
	public List<String> awaitComments(int number) {
		await().atMost(PATIENCE).until(() -> this.comments.size() >= number);
		return new ArrayList<>(this.comments);
	}

	/**
	 * What came until the server has looked for more: comments come between its looks, at
	 * longer intervals.
	 */
	public List<Event> eventsAfterFurtherLooks() {
		awaitComments(this.comments.size() + 2);
		return this.events;
	}

	/** Whether the server has ended the stream. */
	public boolean isOver() {
		return this.over;
	}

	@Override
	public void close() {
		try {
			this.answer.body().close();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** An event as it came. */
	public record Event(String id, String type, JsonNode data) {

		/** The request that it shows. */
		public String requestId() {
			return this.data.path("request_id").asText();
		}

	}

}
