package io.agentassist.bridge.failure;

import org.apache.camel.Exchange;
import org.apache.camel.ExchangeExtension;
import org.apache.camel.Processor;
import org.springframework.stereotype.Component;

/**
 * Remembers which step failed, for the log: by the time the policy answers, the
 * exchange's latest steps are the policy's own. Policies name it in
 * {@code onExceptionOccurredRef}.
 */
@Component("failedStep")
class FailedStep implements Processor {

	/**
	 * The exchange property: the step's id, its file and its line. Missing if the step
	 * called a route that failed.
	 */
	static final String PROPERTY = "failedStep";

	@Override
	public void process(Exchange exchange) {
		ExchangeExtension extension = exchange.getExchangeExtension();
		String id = extension.getHistoryNodeId();
		String source = extension.getHistoryNodeSource();
		// Camel omits the file's last extension.
		exchange.setProperty(PROPERTY,
				(source != null) ? id + " (" + source.replaceFirst("(?=:\\d+$)", ".yaml") + ")" : id);
	}

}
