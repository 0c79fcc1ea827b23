package io.agentassist.bridge.http;

import io.agentassist.bridge.failure.ProblemTranslator;

import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpEngine;

/** Creates a {@link NonBlockingHttpConsumer} for each endpoint. */
class NonBlockingHttpEngine extends SpringBootPlatformHttpEngine {

	private final BoundedBodyHttpBinding binding;

	private final ProblemTranslator problems;

	private final AnswerCounts counts;

	private final Intakes intakes;

	NonBlockingHttpEngine(int port, BoundedBodyHttpBinding binding, ProblemTranslator problems, AnswerCounts counts,
			Intakes intakes) {
		super(port);
		this.binding = binding;
		this.problems = problems;
		this.counts = counts;
		this.intakes = intakes;
	}

	@Override
	public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
		return new NonBlockingHttpConsumer(endpoint, processor, this.binding, this.problems, this.counts, this.intakes);
	}

}
