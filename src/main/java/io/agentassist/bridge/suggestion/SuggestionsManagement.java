package io.agentassist.bridge.suggestion;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.search.Search;

import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedResource;
import org.springframework.stereotype.Component;

/** The MBean with this instance's counts since its start, taken from the meters. */
@Component
@ManagedResource(objectName = "io.agentassist.bridge:type=Suggestions",
		description = "Requests for suggestions, and what agents did with these, in this instance since its start")
public class SuggestionsManagement {

	private final MeterRegistry meters;

	SuggestionsManagement(MeterRegistry meters) {
		this.meters = meters;
	}

	/**
	 * Requests that the provider accepted.
	 * @return their number
	 */
	@ManagedAttribute(description = "Requests that the provider accepted")
	public long getRequested() {
		return count("agentassist.requests", "outcome", "queued")
				+ count("agentassist.requests", "outcome", "completed");
	}

	/**
	 * Requests whose suggestions arrived.
	 * @return their number
	 */
	@ManagedAttribute(description = "Requests whose suggestions arrived")
	public long getCompleted() {
		return interactions("presented");
	}

	/**
	 * Requests whose suggestions did not arrive in time.
	 * @return their number
	 */
	@ManagedAttribute(description = "Requests whose suggestions did not arrive in time")
	public long getExpired() {
		return interactions("expired");
	}

	/**
	 * Requests that failed at the provider before they expired.
	 * @return their number
	 */
	@ManagedAttribute(description = "Requests that failed at the provider before they expired")
	public long getFailed() {
		return interactions("failed");
	}

	/**
	 * Suggestions that agents accepted.
	 * @return their number
	 */
	@ManagedAttribute(description = "Suggestions that agents accepted")
	public long getAccepted() {
		return interactions("accepted");
	}

	/**
	 * Suggestions that agents dismissed.
	 * @return their number
	 */
	@ManagedAttribute(description = "Suggestions that agents dismissed")
	public long getDismissed() {
		return interactions("dismissed");
	}

	/**
	 * Accepted suggestions per completed request.
	 * @return the ratio; 0 if there is no completed request
	 */
	@ManagedAttribute(description = "Accepted suggestions for each completed request")
	public double getAcceptanceRate() {
		long completed = getCompleted();
		return (completed > 0) ? (double) getAccepted() / completed : 0;
	}

	private long interactions(String action) {
		return count("agentassist.interactions", "action", action);
	}

	private long count(String name, String tag, String value) {
		return (long) Search.in(this.meters).name(name).tag(tag, value).counter().count();
	}

}
