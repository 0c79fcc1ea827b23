package io.agentassist.bridge.http;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.message.BasicHeader;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * Limits the total time of calls to other systems. An HTTP client's timeouts limit single
 * waits only: a server that sends a byte every few seconds can hold a call as long as it
 * likes. Here a call that is not done in time is cut off, whatever it is waiting for, and
 * an overlong answer is truncated. Thread safe.
 */
@Component
public class BoundedHttpCalls implements Closeable {

	/** Far more than any answer in the contracts. A longer answer is cut off here. */
	private static final int MAX_ANSWER_BYTES = 4 * 1024 * 1024;

	private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1,
			new CustomizableThreadFactory("http-deadline-"));

	/** Creates an instance with its own timer. */
	public BoundedHttpCalls() {
		this.timer.setRemoveOnCancelPolicy(true);
	}

	/**
	 * Sets the headers that every call has: who makes it, and that its answer is not to
	 * be compressed. One that is all the same is taken as it is.
	 * @param builder of a client whose calls are made here
	 */
	public static void setHeaders(HttpClientBuilder builder) {
		builder.setUserAgent("agent-assist-bridge")
			.setDefaultHeaders(List.of(new BasicHeader(HttpHeaders.ACCEPT_ENCODING, "identity")));
	}

	/**
	 * Makes a call and reads its whole answer.
	 * @param request the request, to be cancelled when time is up
	 * @param left longest time for the whole call
	 * @param call sends it, and returns once the head of the answer has arrived
	 * @param <X> what else the call throws
	 * @return the answer, which no longer holds a connection
	 * @throws SocketTimeoutException when it took too long
	 * @throws IOException when the call failed, or the answer broke off
	 * @throws X if the call throws it
	 */
	public <X extends Exception> ClassicHttpResponse execute(Cancellable request, Duration left, Call<X> call)
			throws IOException, X {
		AtomicBoolean cut = new AtomicBoolean();
		ScheduledFuture<?> end = this.timer.schedule(() -> {
			cut.set(true);
			request.cancel();
		}, left.toNanos(), TimeUnit.NANOSECONDS);
		try {
			return read(call.send());
		}
		catch (IOException ex) {
			if (cut.get()) {
				throw timeout(ex);
			}
			throw ex;
		}
		finally {
			end.cancel(false);
		}
	}

	/** Does not close the body's stream, since that would read the rest of it. */
	@SuppressWarnings("resource")
	private static ClassicHttpResponse read(ClassicHttpResponse answer) throws IOException {
		try (answer) {
			// Camel would decompress it, beyond any limit, and fail where there is no
			// body.
			answer.removeHeaders(HttpHeaders.CONTENT_ENCODING);
			HttpEntity entity = answer.getEntity();
			InputStream content = (entity != null) ? entity.getContent() : null;
			if (content != null) {
				byte[] body = content.readNBytes(MAX_ANSWER_BYTES);
				// Reaching the end of the body releases the connection.
				content.read();
				// A kind of entity that Camel can convert to bytes.
				answer.setEntity(new InputStreamEntity(new ByteArrayInputStream(body), body.length,
						ContentType.parseLenient(entity.getContentType())));
			}
			return answer;
		}
	}

	private static SocketTimeoutException timeout(IOException cause) {
		SocketTimeoutException timeout = new SocketTimeoutException("The request's deadline has passed");
		timeout.initCause(cause);
		return timeout;
	}

	@Override
	public void close() {
		this.timer.shutdownNow();
	}

	/**
	 * Sends a request.
	 *
	 * @param <X> what else it throws
	 */
	@FunctionalInterface
	public interface Call<X extends Exception> {

		/**
		 * Sends it.
		 * @return the answer, whose body has not been read yet
		 * @throws IOException if there is no answer
		 * @throws X declared by the implementation
		 */
		ClassicHttpResponse send() throws IOException, X;

	}

}
