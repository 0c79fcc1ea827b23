package io.agentassist.bridge.failure;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.spi.CamelEvent.RouteAddedEvent;
import org.apache.camel.spi.CamelEvent.RouteEvent;
import org.apache.camel.spi.CamelEvent.RouteStoppedEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.stereotype.Component;

/**
 * Logs when a scheduled route, or one that a broker feeds, begins to fail and when it
 * works again, not at each attempt; in between, the health and a meter show it. Routes
 * call it as the bean {@code scheduledFailures} from
 * {@code routes/error-policies.camel.yaml}. Thread safe.
 */
@Component("scheduledFailures")
public class ScheduledFailures extends SimpleEventNotifierSupport {

	private static final Logger log = LoggerFactory.getLogger(ScheduledFailures.class);

	/** Failing routes, each with its last failed run. */
	private final Map<String, String> failing = new ConcurrentHashMap<>();

	ScheduledFailures(MeterRegistry meters) {
		Gauge.builder("agentassist.routes.failing", this.failing, Map::size)
			.description("Scheduled routes, and routes fed by a broker, whose last run failed")
			.register(meters);
		setIgnoreExchangeEvents(false);
		setIgnoreExchangeCompletedEvent(false);
		setIgnoreRouteEvents(false);
	}

	/**
	 * Records a failure; it is logged once until the route works again.
	 * @param exchange a failed exchange, in an {@code onException}
	 */
	public void failed(Exchange exchange) {
		Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
		log.atLevel(begins(exchange) ? Level.ERROR : Level.DEBUG)
			.log("Route {} fails and is tried again: {}", exchange.getFromRouteId(),
					ProblemTranslator.causeOf(failure));
	}

	/**
	 * The routes that are failing at present.
	 * @return their ids
	 */
	public SortedSet<String> failing() {
		return new TreeSet<>(this.failing.keySet());
	}

	/**
	 * Records a failure that the caller reports itself.
	 * @param exchange a failed exchange
	 * @return whether its route had been working until now
	 */
	boolean begins(Exchange exchange) {
		// A failed part of a split counts as a failure of the whole.
		String run = exchange.getProperty(Exchange.CORRELATION_ID, exchange.getExchangeId(), String.class);
		return this.failing.put(exchange.getFromRouteId(), run) == null;
	}

	@Override
	public void notify(CamelEvent event) {
		// A failure after an edit counts as new. It adds the new route, and does not stop
		// the old one.
		if (event instanceof RouteStoppedEvent || event instanceof RouteAddedEvent) {
			this.failing.remove(((RouteEvent) event).getRoute().getRouteId());
		}
		if (!this.failing.isEmpty() && event instanceof ExchangeCompletedEvent completed) {
			Exchange exchange = completed.getExchange();
			String route = exchange.getFromRouteId();
			// Camel also reports a handled failure as completed.
			if (route != null && !isPart(exchange) && !exchange.getExchangeId().equals(this.failing.get(route))
					&& this.failing.remove(route) != null) {
				log.info("Route {} works again", route);
			}
		}
	}

	/**
	 * Whether it is a part or a copy of another exchange. What split a message has the
	 * correlation id of its parts, which is its own id, afterwards.
	 */
	static boolean isPart(Exchange exchange) {
		String whole = exchange.getProperty(Exchange.CORRELATION_ID, String.class);
		return whole != null && !whole.equals(exchange.getExchangeId());
	}

}
