package io.agentassist.bridge.http;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeExtension;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Keeps the step that failed, for the log: the steps of the policy that answers are the
 * exchange's newest ones by then. Policies name it in {@code onExceptionOccurredRef}.
 */
@Component("failedStep")
class FailedStep implements Processor {

	/**
	 * The exchange property: the step's id, its file and its line. None where the step
	 * called a route that failed.
	 */
	static final String PROPERTY = "failedStep";

	@Override
	public void process(Exchange exchange) {
		ExchangeExtension extension = exchange.getExchangeExtension();
		String id = extension.getHistoryNodeId();
		String source = extension.getHistoryNodeSource();
		// Camel leaves the last ending of the file out.
		exchange.setProperty(PROPERTY,
				(source != null) ? id + " (" + source.replaceFirst("(?=:\\d+$)", ".yaml") + ")" : id);
	}

}
