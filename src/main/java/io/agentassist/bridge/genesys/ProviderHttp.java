package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;

import io.agentassist.bridge.http.TraceContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpActivityListener;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.CloseableHttpResponse;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

/**
 * The HTTP client behind the {@code http:} endpoints of the provider's routes. Makes each
 * call with the client of the exchange's organisation, with its {@link Authorization},
 * within the exchange's deadline. It must be their {@code httpClient} and their
 * {@code httpActivityListener}. It is a listener only because Camel puts the exchange
 * into the HttpContext when there is one. Thread safe.
 */
@Component
public class ProviderHttp extends CloseableHttpClient implements HttpActivityListener {

	private static final String EXCHANGE = "org.apache.camel.Exchange";

	private final Deadline deadline;

	ProviderHttp(Deadline deadline) {
		this.deadline = deadline;
	}

	@Override
	protected CloseableHttpResponse doExecute(HttpHost target, ClassicHttpRequest request, HttpContext context)
			throws IOException {
		Exchange exchange = (Exchange) context.getAttribute(EXCHANGE);
		Duration left = this.deadline.left(exchange);
		if (left.isZero() || left.isNegative()) {
			throw new NoAnswerException(new SocketTimeoutException("The request's deadline has passed"));
		}
		TraceContext.forward(exchange, request::setHeader);
		Authorization authorization = exchange.getProperty(Authorization.PROPERTY, Authorization.class);
		if (authorization != null) {
			request.setHeader(HttpHeaders.AUTHORIZATION, authorization.value());
		}
		try {
			return CloseableHttpResponse
				.adapt(Provider.of(exchange).client().execute(target, (HttpUriRequestBase) request, left));
		}
		catch (IOException ex) {
			throw new NoAnswerException(ex);
		}
	}

	@Override
	public void onRequestSubmitted(Object source, Exchange exchange, HttpHost host, HttpRequest request,
			HttpEntity entity) {
		// See above.
	}

	@Override
	public void onResponseReceived(Object source, Exchange exchange, HttpHost host, HttpResponse response,
			HttpEntity entity, long elapsed) {
		// See above.
	}

	/**
	 * Does nothing, since an endpoint that is closed must not close the clients of
	 * others.
	 */
	@Override
	public void close() {
		// The clients belong to their organisations.
	}

	@Override
	public void close(CloseMode closeMode) {
		close();
	}

}
