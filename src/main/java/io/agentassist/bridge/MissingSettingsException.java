package io.agentassist.bridge;

import java.util.List;

/** Settings without which the bridge cannot start. */
class MissingSettingsException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	MissingSettingsException(List<String> missing) {
		super("Missing:" + System.lineSeparator() + "    " + String.join(System.lineSeparator() + "    ", missing));
	}

}
