package io.agentassist.bridge.interaction;

import java.util.List;

import io.agentassist.bridge.routes.CallsRoute;

import org.apache.camel.ProducerTemplate;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.stereotype.Component;

/**
 * Erasure for operators: DELETE {@code /actuator/erasure/{conversation_id}} on the
 * management port runs the route {@code erase-conversation}.
 */
@CallsRoute("direct:erase-conversation")
@Component
@WebEndpoint(id = "erasure")
class ErasureEndpoint {

	private final ProducerTemplate routes;

	ErasureEndpoint(ProducerTemplate routes) {
		this.routes = routes;
	}

	@DeleteOperation
	Erased erase(@Selector String conversationId, SecurityContext caller) {
		String operator = (caller.getPrincipal() != null) ? caller.getPrincipal().getName() : "someone on this host";
		return new Erased(this.routes
			.requestBodyAndHeader("direct:erase-conversation", conversationId, "operator", operator, List.class)
			.size());
	}

	/**
	 * Outcome of an erasure.
	 *
	 * @param requests number of requests the conversation had
	 */
	record Erased(int requests) {
	}

}
