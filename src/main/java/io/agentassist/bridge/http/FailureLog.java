package io.agentassist.bridge.http;

import java.util.Set;

import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.apache.camel.util.StringHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Tells of failures that no policy handled and nobody was answered: of timers, once until
 * they work again, and of wire taps. Camel's own lines, which are off for them, quote
 * what a step failed on.
 */
@Component
class FailureLog extends SimpleEventNotifierSupport {

	private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

	/** Components whose exchanges nobody waits for. */
	private static final Set<String> CLOCKS = Set.of("timer", "scheduler");

	private final ScheduledFailures scheduled;

	FailureLog(ScheduledFailures scheduled) {
		this.scheduled = scheduled;
		setIgnoreExchangeEvents(false);
		setIgnoreExchangeFailedEvents(false);
	}

	@Override
	public void notify(CamelEvent event) {
		if (event instanceof ExchangeFailedEvent failed && !isTold(failed.getExchange())) {
			Exchange exchange = failed.getExchange();
			if (isOfClock(exchange) && !this.scheduled.begins(exchange)) {
				return;
			}
			log.error("{} failed unexpectedly: {}", ProblemTranslator.describe(exchange),
					RedactedException.rootOf(exchange.getException()), new RedactedException(exchange.getException()));
		}
	}

	/**
	 * Whoever waits for an exchange gets its failure: a caller over HTTP, Java, a broker.
	 * A copy that nobody waits for is correlated to its original.
	 */
	private static boolean isTold(Exchange exchange) {
		boolean isCopy = !exchange.getPattern().isOutCapable() && exchange.getProperty(Exchange.CORRELATION_ID) != null;
		return isOfState(exchange) || (!isOfClock(exchange) && !isCopy);
	}

	private static boolean isOfClock(Exchange exchange) {
		Endpoint from = exchange.getFromEndpoint();
		return from != null && CLOCKS.contains(StringHelper.before(from.getEndpointUri(), ":"));
	}

	/** That the database is away is told by the health, not at each poll. */
	private static boolean isOfState(Exchange exchange) {
		return exchange.getException(TransactionException.class) != null
				|| exchange.getException(DataAccessResourceFailureException.class) != null
				|| exchange.getException(TransientDataAccessException.class) != null;
	}

}
