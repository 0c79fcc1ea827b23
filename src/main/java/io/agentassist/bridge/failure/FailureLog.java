package io.agentassist.bridge.failure;

import java.io.IOException;
import java.util.Set;

import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
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
 * Logs failures that no policy handled and no caller was answered with: those of timers,
 * and of routes that take messages from a broker, once until they work again, and those
 * of wire taps. Camel's own log lines for these are turned off, since they quote what a
 * step failed on; those of the brokers' consumers also because there is one with a stack
 * trace for each attempt, and it quotes the URL that a step called, whose query may hold
 * a secret.
 */
@Component
public class FailureLog extends SimpleEventNotifierSupport {

	/**
	 * Exchange property that holds the exchange itself if a caller waits for its answer;
	 * copies have it, too.
	 */
	public static final String ANSWERED = "answeredExchange";

	private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

	/** Components that nobody waits for. */
	private static final Set<String> CLOCKS = Set.of("timer", "scheduler");

	private final ScheduledFailures scheduled;

	private final UnexpectedFailures unexpected;

	FailureLog(ScheduledFailures scheduled, UnexpectedFailures unexpected) {
		this.scheduled = scheduled;
		this.unexpected = unexpected;
		setIgnoreExchangeEvents(false);
		setIgnoreExchangeFailedEvents(false);
	}

	@Override
	public void notify(CamelEvent event) {
		if (event instanceof ExchangeFailedEvent failed && !isTold(failed.getExchange())) {
			Exchange exchange = failed.getExchange();
			boolean isOfBroker = isOfBroker(exchange);
			if ((isOfBroker || isOfClock(exchange)) && !this.scheduled.begins(exchange)) {
				return;
			}
			String call = isOfBroker ? failedCall(exchange) : null;
			if (call != null) {
				log.warn("Route {} fails and is tried again: {}", exchange.getFromRouteId(), call);
			}
			else {
				this.unexpected.log(ProblemTranslator.describe(exchange), null, "", exchange.getException());
			}
		}
	}

	/** Why a call to another system failed; null if it was something else. */
	private static String failedCall(Exchange exchange) {
		HttpOperationFailedException refusal = exchange.getException(HttpOperationFailedException.class);
		if (refusal != null) {
			return "HTTP " + refusal.getStatusCode();
		}
		IOException broken = exchange.getException(IOException.class);
		return (broken != null && !ProblemTranslator.isOfContent(broken)) ? ProblemTranslator.causeOf(broken) : null;
	}

	/**
	 * Whether someone is waiting for the exchange and gets its failure: a caller over
	 * HTTP, or Java. A database outage also counts as reported, but not to a broker.
	 */
	private static boolean isTold(Exchange exchange) {
		return !isOfBroker(exchange) && (isOfState(exchange) || (!isOfClock(exchange) && !isCopy(exchange)));
	}

	/**
	 * Whether it is a copy for which nobody waits, as of a wire tap: it names its
	 * original, or is another than the one whose caller waits for an answer.
	 */
	static boolean isCopy(Exchange exchange) {
		Object answered = exchange.getProperty(ANSWERED);
		return !exchange.getPattern().isOutCapable()
				&& ((answered != null) ? answered != exchange : ScheduledFailures.isPart(exchange));
	}

	private static boolean isOfClock(Exchange exchange) {
		Endpoint from = exchange.getFromEndpoint();
		return from != null && CLOCKS.contains(StringHelper.before(from.getEndpointUri(), ":"));
	}

	/** Whether it came from outside, but not over HTTP, whose callers get an answer. */
	private static boolean isOfBroker(Exchange exchange) {
		Endpoint from = exchange.getFromEndpoint();
		return exchange.getFromRouteId() != null && from != null && from.isRemote()
				&& exchange.getProperty(ANSWERED) == null && !isCopy(exchange);
	}

	/** A database outage is shown by the health, not logged at each poll. */
	private static boolean isOfState(Exchange exchange) {
		return exchange.getException(TransactionException.class) != null
				|| exchange.getException(DataAccessResourceFailureException.class) != null
				|| exchange.getException(TransientDataAccessException.class) != null;
	}

}
