package io.agentassist.bridge.interaction;

import io.agentassist.bridge.http.BoundedHttpCalls;

import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.springframework.stereotype.Component;

/**
 * Gives the HTTP client of the analytics endpoint, which {@code camel.component.http}
 * sets up, an end to every call: without it, an answer that only trickles stops all
 * delivery, since a batch is waited for before the next is claimed.
 */
@Component("analyticsHttp")
class AnalyticsHttp implements HttpClientConfigurer {

	private final BoundedHttpCalls calls;

	private final AnalyticsProperties settings;

	AnalyticsHttp(BoundedHttpCalls calls, AnalyticsProperties settings) {
		this.calls = calls;
		this.settings = settings;
	}

	@Override
	public void configureHttpClient(HttpClientBuilder builder) {
		// Its end would not be read, and the connection not be used again.
		builder.disableContentCompression();
		builder.addExecInterceptorFirst("deadline",
				(request, scope, chain) -> this.calls.execute((Cancellable) scope.originalRequest,
						this.settings.deadline(), () -> chain.proceed(request, scope)));
	}

}
