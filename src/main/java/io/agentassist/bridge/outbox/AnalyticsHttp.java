package io.agentassist.bridge.outbox;

import io.agentassist.bridge.http.BoundedHttpCalls;

import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.springframework.stereotype.Component;

/**
 * Limits the time of every call made by the analytics endpoint's HTTP client, which
 * {@code camel.component.http} configures. Otherwise an answer that only trickles in
 * would stop all delivery, since the next batch is not claimed before the last is done.
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
		BoundedHttpCalls.setHeaders(builder);
		builder.addExecInterceptorFirst("deadline",
				(request, scope, chain) -> this.calls.execute((Cancellable) scope.originalRequest,
						this.settings.deadline(), () -> chain.proceed(request, scope)));
	}

}
