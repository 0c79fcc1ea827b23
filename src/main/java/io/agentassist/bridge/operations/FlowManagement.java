package io.agentassist.bridge.operations;

import java.util.Map;
import java.util.TreeMap;

import io.agentassist.bridge.http.Intakes;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.support.ScheduledPollConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.jmx.export.annotation.ManagedAttribute;
import org.springframework.jmx.export.annotation.ManagedOperation;
import org.springframework.jmx.export.annotation.ManagedOperationParameter;
import org.springframework.jmx.export.annotation.ManagedResource;
import org.springframework.stereotype.Component;

/**
 * The MBean that pauses and resumes intakes and deliveries. A pause applies to this
 * instance only, until its restart at the latest.
 */
@Component
@ManagedResource(objectName = "io.agentassist.bridge:type=Flow",
		description = "Intakes and deliveries of this instance, each of which can be paused")
public class FlowManagement {

	private static final Logger log = LoggerFactory.getLogger(FlowManagement.class);

	/** Prefix of the ids of routes that deliver from the outbox. */
	private static final String DELIVERY = "deliver-";

	private final CamelContext camel;

	private final Intakes intakes;

	FlowManagement(CamelContext camel, Intakes intakes) {
		this.camel = camel;
		this.intakes = intakes;
	}

	/**
	 * What can be paused.
	 * @return the state of each, by name
	 */
	@ManagedAttribute(description = "Intakes and deliveries, and whether they run")
	public Map<String, String> getStates() {
		Map<String, String> states = new TreeMap<>();
		this.intakes.paused().forEach((name, paused) -> states.put(name, paused ? "paused" : "running"));
		for (Route route : this.camel.getRoutes()) {
			if (route.getRouteId().startsWith(DELIVERY)) {
				states.put(route.getRouteId(),
						this.camel.getRouteController().getRouteStatus(route.getRouteId()).isStarted() ? "running"
								: "paused");
			}
		}
		return states;
	}

	/**
	 * Pauses an intake or a delivery.
	 * @param name as in the states
	 * @return a confirmation
	 * @throws IllegalArgumentException if there is no such intake or delivery
	 * @throws Exception if Camel cannot do it
	 */
	@ManagedOperation(description = "Pauses an intake (callers get 503 with Retry-After) or a delivery (events wait)")
	@ManagedOperationParameter(name = "name",
			description = "As in States: suggestions, callback, deliver-analytics, ...")
	public String pause(String name) throws Exception {
		if (this.intakes.has(name)) {
			this.intakes.pause(name);
		}
		else {
			// Not while an edit exchanges the route: the new one would run.
			synchronized (this.camel) {
				require(name);
				this.camel.getRouteController().suspendRoute(name);
			}
		}
		log.warn("{} is paused by an operator", name);
		return name + " is paused";
	}

	/**
	 * Ends a pause.
	 * @param name as in the states
	 * @return a confirmation
	 * @throws IllegalArgumentException if there is no such intake or delivery
	 * @throws Exception if Camel cannot do it
	 */
	@ManagedOperation(description = "Ends a pause")
	@ManagedOperationParameter(name = "name", description = "As in States")
	public String resume(String name) throws Exception {
		if (this.intakes.has(name)) {
			this.intakes.resume(name);
		}
		else {
			synchronized (this.camel) {
				require(name);
				resumeDelivery(name);
			}
		}
		log.warn("{} is resumed by an operator", name);
		return name + " runs";
	}

	private void resumeDelivery(String name) throws Exception {
		if (isResumable(name)) {
			this.camel.getRouteController().resumeRoute(name);
		}
		else if (!this.camel.getRouteController().getRouteStatus(name).isStarted()) {
			this.camel.getRouteController().stopRoute(name);
			this.camel.getRouteController().startRoute(name);
		}
	}

	/**
	 * Whether a delivery can be resumed with its figures. A pause that had to cut off a
	 * delivery that hung ends its scheduler, and an edit of a paused delivery leaves one
	 * that was never started, which has no scheduler and must not be asked for it.
	 */
	private boolean isResumable(String delivery) {
		return this.camel.getRouteController().getRouteStatus(delivery) == ServiceStatus.Suspended
				&& this.camel.getRoute(delivery).getConsumer() instanceof ScheduledPollConsumer consumer
				&& consumer.isSchedulerStarted();
	}

	private void require(String name) {
		if (!getStates().containsKey(name)) {
			throw new IllegalArgumentException("Neither an intake nor a delivery: " + name);
		}
	}

}
