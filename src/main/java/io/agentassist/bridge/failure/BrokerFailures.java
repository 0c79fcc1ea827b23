package io.agentassist.bridge.failure;

import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailedEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Logs when a route that takes messages from a broker begins to fail; that it works again
 * is logged by {@link ScheduledFailures}. The lines of the brokers' own consumers are
 * turned off: there is one with a stack trace for each attempt, and it quotes the URL
 * that a step called, whose query may hold a secret.
 */
@Component
class BrokerFailures extends SimpleEventNotifierSupport {

	private static final Logger log = LoggerFactory.getLogger(BrokerFailures.class);

	private final ScheduledFailures scheduled;

	private final UnexpectedFailures unexpected;

	BrokerFailures(ScheduledFailures scheduled, UnexpectedFailures unexpected) {
		this.scheduled = scheduled;
		this.unexpected = unexpected;
		setIgnoreExchangeEvents(false);
		setIgnoreExchangeFailedEvents(false);
	}

	@Override
	public void notify(CamelEvent event) {
		if (event instanceof ExchangeFailedEvent failed && isOfBroker(failed.getExchange())
				&& this.scheduled.begins(failed.getExchange())) {
			Exchange exchange = failed.getExchange();
			HttpOperationFailedException refusal = exchange.getException(HttpOperationFailedException.class);
			IOException broken = exchange.getException(IOException.class);
			if (refusal != null) {
				log(exchange, "HTTP " + refusal.getStatusCode());
			}
			else if (broken != null && !isOfContent(broken)) {
				log(exchange, ProblemTranslator.causeOf(broken));
			}
			else {
				this.unexpected.log(ProblemTranslator.describe(exchange), null, "", exchange.getException());
			}
		}
	}

	private static void log(Exchange exchange, String reason) {
		log.warn("Route {} fails and is tried again: {}", exchange.getFromRouteId(), reason);
	}

	/** Their messages quote what cannot be read. */
	private static boolean isOfContent(IOException failure) {
		return failure instanceof JsonProcessingException || failure instanceof CharConversionException
				|| failure instanceof CharacterCodingException;
	}

	/** Whether it came from outside, but not over HTTP, whose callers get an answer. */
	private static boolean isOfBroker(Exchange exchange) {
		Endpoint from = exchange.getFromEndpoint();
		return exchange.getFromRouteId() != null && from != null && from.isRemote()
				&& exchange.getProperty(FailureLog.ANSWERED) == null && !FailureLog.isCopy(exchange);
	}

}
