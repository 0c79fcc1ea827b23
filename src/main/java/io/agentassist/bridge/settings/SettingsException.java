package io.agentassist.bridge.settings;

import java.util.List;

/** Thrown for settings with which the bridge cannot start. */
public class SettingsException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param what what is wrong with them, in one word
	 * @param settings a description of each setting, with its key
	 */
	public SettingsException(String what, List<String> settings) {
		super(what + ":" + System.lineSeparator() + "    " + String.join(System.lineSeparator() + "    ", settings));
	}

}
