package io.agentassist.bridge.outbox;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.lang.Nullable;
import org.springframework.stereotype.Component;

/**
 * Dead letters for operators, {@code /actuator/deadletters} on the management port: GET
 * shows a page; POST redrives all, those of one destination, or those since a time; POST
 * to {@code /actuator/deadletters/{id}} redrives one.
 */
@Component
@WebEndpoint(id = "deadletters")
class DeadLettersEndpoint {

	private static final int DEFAULT_LIMIT = 50;

	private final DeadLetters deadLetters;

	private final BacklogMonitor monitor;

	DeadLettersEndpoint(DeadLetters deadLetters, BacklogMonitor monitor) {
		this.deadLetters = deadLetters;
		this.monitor = monitor;
	}

	@ReadOperation
	Page list(@Nullable String destination, @Nullable Long after, @Nullable Integer limit) {
		List<DeadLetter> page = this.deadLetters.page(destination, (after != null) ? after : 0,
				(limit != null) ? limit : DEFAULT_LIMIT);
		return new Page(total(destination), page, page.isEmpty() ? null : page.get(page.size() - 1).id());
	}

	/** Not counted for each page, since there may be very many. */
	private Long total(String destination) {
		Map<String, Backlog> backlogs = this.monitor.latest();
		if (backlogs == null) {
			return null;
		}
		return (destination != null) ? backlogs.getOrDefault(destination, Backlog.NONE).dead()
				: backlogs.values().stream().mapToLong(Backlog::dead).sum();
	}

	@WriteOperation
	Redriven redrive(@Nullable String destination, @Nullable OffsetDateTime since) {
		return new Redriven(this.deadLetters.redrive(destination, (since != null) ? since.toInstant() : Instant.EPOCH));
	}

	@WriteOperation
	WebEndpointResponse<Redriven> redriveOne(@Selector long id) {
		int redriven = this.deadLetters.redrive(id);
		return new WebEndpointResponse<>(new Redriven(redriven),
				(redriven == 1) ? WebEndpointResponse.STATUS_OK : WebEndpointResponse.STATUS_NOT_FOUND);
	}

	/**
	 * A page of dead letters.
	 *
	 * @param total number of dead letters on all pages, as of the last look of
	 * {@link BacklogMonitor}; null while it is not known
	 * @param deadLetters the page
	 * @param next {@code after} for the next page; null if this one is empty
	 */
	@JsonNaming(SnakeCaseStrategy.class)
	record Page(Long total, List<DeadLetter> deadLetters, Long next) {
	}

	/**
	 * Outcome of a redrive.
	 *
	 * @param redriven how many dead letters were put back into the outbox
	 */
	record Redriven(int redriven) {
	}

}
