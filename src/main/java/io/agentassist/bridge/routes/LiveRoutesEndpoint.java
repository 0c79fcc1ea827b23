package io.agentassist.bridge.routes;

import java.util.List;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.stereotype.Component;

/**
 * The routes for operators, {@code /actuator/routes} on the management port: GET shows
 * the running revision, what is wrong with a pending edit, and the history; POST to
 * {@code /actuator/routes/{revision}} rolls back.
 */
@Component
@WebEndpoint(id = "routes")
class LiveRoutesEndpoint {

	private final LiveRoutes routes;

	LiveRoutesEndpoint(LiveRoutes routes) {
		this.routes = routes;
	}

	@ReadOperation
	State state() {
		return state(null);
	}

	private State state(String error) {
		return new State(this.routes.getRevision(), this.routes.getPendingEdit(), this.routes.getProblems(),
				this.routes.getWarnings(), this.routes.getHistory(), error);
	}

	@WriteOperation
	WebEndpointResponse<State> rollBack(@Selector long revision) {
		try {
			this.routes.rollBack(revision);
			return new WebEndpointResponse<>(state());
		}
		catch (IllegalArgumentException | IllegalStateException ex) {
			return new WebEndpointResponse<>(state(ex.getMessage()),
					(ex instanceof IllegalArgumentException) ? 404 : 409);
		}
	}

	/**
	 * The state of the routes.
	 *
	 * @param revision the number of the running set
	 * @param pendingEdit what is wrong with the files as they are
	 * @param problems what else is wrong
	 * @param warnings warnings about the running routes
	 * @param history the last revisions, oldest first
	 * @param error why a roll-back failed, or null
	 */
	@JsonNaming(SnakeCaseStrategy.class)
	record State(long revision, List<String> pendingEdit, List<String> problems, List<String> warnings,
			List<String> history, String error) {
	}

}
