package io.agentassist.bridge.routes;

import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;

/** Thrown for files from which no routes can be built. */
class UnreadableRoutesException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnreadableRoutesException(Exception cause) {
		super(cause);
	}

	UnreadableRoutesException(Path folder, Collection<RouteProblem> problems) {
		super("in the folder " + folder + ": "
				+ problems.stream().map(RouteProblem::placeAndMessage).collect(Collectors.joining("; ")));
	}

}
