package io.agentassist.bridge.settings;

import java.util.List;

/** Settings with which the bridge cannot start. */
public class SettingsException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates it.
	 * @param what what is wrong with them, one word
	 * @param settings each with its key
	 */
	public SettingsException(String what, List<String> settings) {
		super(what + ":" + System.lineSeparator() + "    " + String.join(System.lineSeparator() + "    ", settings));
	}

}
