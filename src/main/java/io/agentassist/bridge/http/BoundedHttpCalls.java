package io.agentassist.bridge.http;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * Puts an end to calls of other systems. The timeouts of an HTTP client bound single
 * waits: a server that sends a byte every few seconds holds a call for as long as it
 * likes. Here a call that is not done in time is cut, whatever it is waiting for, and
 * what is too long of its answer is not read. Thread safe.
 */
@Component
public class BoundedHttpCalls implements Closeable {

	/** Far more than an answer of the contracts. What is longer is cut off there. */
	private static final int MAX_ANSWER_BYTES = 4 * 1024 * 1024;

	private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1,
			new CustomizableThreadFactory("http-deadline-"));

	/** Creates the calls, with a timer of their own. */
	public BoundedHttpCalls() {
		this.timer.setRemoveOnCancelPolicy(true);
	}

	/**
	 * Makes a call and reads its whole answer.
	 * @param request what is sent
	 * @param left longest time for all of it
	 * @param call sends it, and returns when the head of the answer has come
	 * @param <X> what the call throws besides
	 * @return the answer, which holds no connection any more
	 * @throws SocketTimeoutException when it took too long
	 * @throws IOException when the call failed, or the answer broke off
	 * @throws X when the call throws it
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

	/** The body's stream is not closed: that would read the rest of it. */
	@SuppressWarnings("resource")
	private static ClassicHttpResponse read(ClassicHttpResponse answer) throws IOException {
		try (answer) {
			HttpEntity entity = answer.getEntity();
			InputStream content = (entity != null) ? entity.getContent() : null;
			if (content != null) {
				byte[] body = content.readNBytes(MAX_ANSWER_BYTES);
				// The end of a body gives its connection back.
				content.read();
				// Of the kind that Camel turns into bytes.
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
	 * @param <X> what it throws besides
	 */
	@FunctionalInterface
	public interface Call<X extends Exception> {

		/**
		 * Sends it.
		 * @return the answer, whose body has still to be read
		 * @throws IOException when there is none
		 * @throws X as the caller knows
		 */
		ClassicHttpResponse send() throws IOException, X;

	}

}
