package io.agentassist.bridge.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

import jakarta.servlet.ServletException;

import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;

/**
 * Limits for how long the rest of a body is read that the answer did not wait for, say of
 * a request without credentials. It is read at all so that its sender gets the answer
 * before the connection is closed. Tomcat would do so as well, on the request's thread,
 * but limits only the bytes: a sender of one every few seconds would keep the thread for
 * days.
 */
final class UnreadBodyValve extends ValveBase {

	/** As Tomcat's own limit. */
	private static final int MAX_BYTES = 2 * 1024 * 1024;

	private final Duration timeout;

	/**
	 * Creates the valve.
	 * @param timeout longest time from a request's beginning until its body has been read
	 */
	UnreadBodyValve(Duration timeout) {
		super(true);
		this.timeout = timeout;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		getNext().invoke(request, response);
		org.apache.coyote.Request unread = request.getCoyoteRequest();
		// An asynchronous answer comes after the whole body. A sender that still expects
		// to be asked for it is not asked by Tomcat either.
		if (!request.isAsync() && !unread.isFinished() && !unread.hasExpectation()) {
			response.finishResponse();
			if (!isReadInTime(unread, unread.getStartTimeNanos() + this.timeout.toNanos())) {
				response.getCoyoteResponse().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
			}
		}
	}

	/** Below Catalina's stream, which is closed together with the answer. */
	private static boolean isReadInTime(org.apache.coyote.Request request, long end) {
		Ignored bytes = new Ignored();
		int left = MAX_BYTES;
		try {
			while (left > 0 && System.nanoTime() - end < 0) {
				int read = request.doRead(bytes);
				if (read < 0) {
					return true;
				}
				left -= read;
			}
		}
		catch (IOException | IllegalArgumentException ex) {
			// It stalls, its sender has gone, or Tomcat could not read the headers.
		}
		return false;
	}

	/** Takes bytes that nobody wants. */
	private static final class Ignored implements ApplicationBufferHandler {

		private ByteBuffer bytes;

		@Override
		public void setByteBuffer(ByteBuffer buffer) {
			this.bytes = buffer;
		}

		@Override
		public ByteBuffer getByteBuffer() {
			return this.bytes;
		}

		@Override
		public void expand(int size) {
			// Tomcat hands its own buffer over.
		}

	}

}
