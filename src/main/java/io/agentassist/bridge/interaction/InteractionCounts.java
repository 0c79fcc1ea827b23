package io.agentassist.bridge.interaction;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Counts interactions by action once they are committed, in the meter
 * {@code agentassist.interactions}. Thread safe.
 */
@Component
class InteractionCounts {

	private final Map<String, Counter> counters;

	InteractionCounts(MeterRegistry meters) {
		Stream<String> feedback = Stream.of(Feedback.Action.values()).map(Feedback.Action::text);
		this.counters = Stream.concat(Stream.of("presented", "failed", "expired", "erased"), feedback)
			.collect(Collectors.toUnmodifiableMap(Function.identity(),
					(action) -> Counter.builder("agentassist.interactions")
						.description("Interactions that were recorded")
						.tag("action", action)
						.register(meters)));
	}

	/**
	 * Counts an interaction if and when the caller's transaction commits.
	 * @param action what happened
	 */
	void add(String action) {
		Counter counter = this.counters.get(action);
		TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

			@Override
			public void afterCommit() {
				counter.increment();
			}

		});
	}

}
