package io.agentassist.bridge.genesys;

import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

import io.agentassist.bridge.failure.InvalidRequestException;
import io.agentassist.bridge.http.BoundedHttpCalls;
import io.agentassist.bridge.http.Tenant;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;

import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.util.StringUtils;

/** The configured organisations. Thread safe. */
@Component
public class Providers {

	private static final String HEADER = "X-Organisation";

	private final Map<String, Provider> providers = new LinkedHashMap<>();

	private final ExecutorService tokenThreads = Executors
		.newCachedThreadPool(new CustomizableThreadFactory("provider-token-"));

	Providers(GenesysProperties properties, Supplier<GenesysProperties> live, TokenEndpoint tokenEndpoint,
			SslBundles sslBundles, BoundedHttpCalls calls, MeterRegistry meters, Clock clock) {
		Map<String, GenesysProperties.Organisation> organisations = properties.allOrganisations();
		BulkheadRegistry bulkheads = BulkheadRegistry.ofDefaults();
		CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(breaker(properties.breaker()));
		organisations.forEach((name, settings) -> {
			ProviderClient client = new ProviderClient(live, settings, StringUtils.hasText(settings.sslBundle())
					? sslBundles.getBundle(settings.sslBundle()).createSslContext() : null, calls);
			AccessTokens tokens = new AccessTokens(name, settings, () -> live.get().baseDelay(),
					() -> tokenEndpoint.fetch(this.providers.get(name)), this.tokenThreads, clock);
			Provider provider = new Provider(name, settings, client, tokens,
					bulkheads.bulkhead(name,
							BulkheadConfig.custom().maxConcurrentCalls(settings.maxConcurrentQueries()).build()),
					breakers.circuitBreaker(name), new RateWindow(() -> live.get().rate(), System::nanoTime));
			this.providers.put(name, provider);
			tokenEndpoint.register(name);
			Gauge.builder("agentassist.provider.rate.remaining", provider, Provider::getRateRemaining)
				.description("Calls that the provider's rate limit still allows until its window ends")
				.tag("organisation", name)
				.register(meters);
			Gauge.builder("agentassist.provider.concurrent", provider, Provider::getConcurrentQueries)
				.description("Queries in flight")
				.tag("organisation", name)
				.register(meters);
		});
		TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(meters);
		TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(meters);
	}

	static CircuitBreakerConfig breaker(GenesysProperties.Breaker settings) {
		return CircuitBreakerConfig.custom()
			.slidingWindowSize(settings.window())
			.minimumNumberOfCalls(settings.minimumCalls())
			.failureRateThreshold(settings.failureRate())
			.waitDurationInOpenState(settings.openTime())
			.permittedNumberOfCallsInHalfOpenState(settings.probes())
			.automaticTransitionFromOpenToHalfOpenEnabled(true)
			.build();
	}

	/**
	 * Finds the organisation a request is for, and occupies one of its places until the
	 * exchange is done.
	 * @param exchange the request
	 * @throws InvalidRequestException when there is no such organisation
	 * @throws io.github.resilience4j.bulkhead.BulkheadFullException when all places are
	 * taken
	 */
	public void enter(Exchange exchange) {
		Provider provider = this.providers.get(organisationOf(exchange));
		if (provider == null) {
			throw new InvalidRequestException(HEADER, "Unknown organisation.");
		}
		provider.bulkhead().acquirePermission();
		exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {

			@Override
			public void onDone(Exchange done) {
				provider.bulkhead().releasePermission();
			}
		});
		exchange.setProperty(Provider.PROPERTY, provider);
	}

	/**
	 * The only place that decides which organisations a caller may use: those listed by
	 * its key or token; else a tenant may use the one of its own name, or the default one
	 * if there is none; a caller with neither may use any.
	 */
	private String organisationOf(Exchange exchange) {
		String named = exchange.getMessage().getHeader(HEADER, String.class);
		String tenant = Tenant.of(exchange.getProperty(Tenant.PROPERTY, String.class));
		String own = this.providers.containsKey(tenant) ? tenant : GenesysProperties.DEFAULT;
		Collection<?> allowed = exchange.getProperty(Tenant.ORGANISATIONS, Collection.class);
		if (allowed == null && !tenant.equals(Tenant.NONE)) {
			allowed = Set.of(own);
		}
		if (allowed == null) {
			return (named != null) ? named : own;
		}
		String wanted = (named != null) ? named : own;
		if (named == null && allowed.size() == 1) {
			wanted = String.valueOf(allowed.iterator().next());
		}
		if (!allowed.contains(wanted)) {
			throw new InvalidRequestException(HEADER, "Not the caller's organisation.");
		}
		return wanted;
	}

	/** All organisations, starting with the default one. */
	public Collection<Provider> all() {
		return this.providers.values();
	}

	@PreDestroy
	void close() throws IOException {
		this.tokenThreads.shutdownNow();
		for (Provider provider : this.providers.values()) {
			provider.close();
		}
	}

}
