package io.agentassist.bridge.http;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.spi.CamelEvent.RouteStoppedEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.stereotype.Component;

/**
 * Tells of a route that a clock starts when it begins to fail, and when it works again,
 * not at each poll; the health and a meter have it meanwhile. Routes call it as bean
 * {@code scheduledFailures} from {@code routes/error-policies.camel.yaml}. Thread safe.
 */
@Component("scheduledFailures")
public class ScheduledFailures extends SimpleEventNotifierSupport {

	private static final Logger log = LoggerFactory.getLogger(ScheduledFailures.class);

	/** Routes that fail, each with its last run that did. */
	private final Map<String, String> failing = new ConcurrentHashMap<>();

	ScheduledFailures(MeterRegistry meters) {
		Gauge.builder("agentassist.routes.failing", this.failing, Map::size)
			.description("Scheduled routes whose last run failed")
			.register(meters);
		setIgnoreExchangeEvents(false);
		setIgnoreExchangeCompletedEvent(false);
		setIgnoreRouteEvents(false);
	}

	/**
	 * Takes note of a failure: the log says so once, until the route works again.
	 * @param exchange a failed exchange, in an {@code onException}
	 */
	public void failed(Exchange exchange) {
		Throwable cause = NestedExceptionUtils
			.getMostSpecificCause(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
		log.atLevel(begins(exchange) ? Level.ERROR : Level.DEBUG)
			.log("Route {} fails and is tried again: {}: {}", exchange.getFromRouteId(),
					cause.getClass().getSimpleName(), ProblemTranslator.firstLine(cause));
	}

	/**
	 * The routes that fail at present.
	 * @return their ids
	 */
	public SortedSet<String> failing() {
		return new TreeSet<>(this.failing.keySet());
	}

	/**
	 * Takes note of a failure that the caller tells of.
	 * @param exchange a failed exchange
	 * @return whether its route has worked until now
	 */
	boolean begins(Exchange exchange) {
		// A part of a split fails for the whole.
		String run = exchange.getProperty(Exchange.CORRELATION_ID, exchange.getExchangeId(), String.class);
		return this.failing.put(exchange.getFromRouteId(), run) == null;
	}

	@Override
	public void notify(CamelEvent event) {
		// What comes after an edit is news.
		if (event instanceof RouteStoppedEvent stopped) {
			this.failing.remove(stopped.getRoute().getRouteId());
		}
		if (!this.failing.isEmpty() && event instanceof ExchangeCompletedEvent completed) {
			Exchange exchange = completed.getExchange();
			String route = exchange.getFromRouteId();
			boolean isPart = exchange.getProperty(Exchange.CORRELATION_ID) != null;
			// Of a handled failure, Camel says completed, too.
			if (route != null && !isPart && !exchange.getExchangeId().equals(this.failing.get(route))
					&& this.failing.remove(route) != null) {
				log.info("Route {} works again", route);
			}
		}
	}

}
