package io.agentassist.bridge.settings;

/** Thrown for an unusable setting. Its message does not show the value. */
public class InvalidSettingException extends IllegalArgumentException {

	private static final long serialVersionUID = 1L;

	private final String key;

	private final String reason;

	/**
	 * Creates the exception.
	 * @param key the setting's key, for example {@code agentassist.callback.secret}
	 * @param reason what the value has to be, worded to follow the key
	 */
	public InvalidSettingException(String key, String reason) {
		super(key + " " + reason);
		this.key = key;
		this.reason = reason;
	}

	/** The setting's key. */
	public String key() {
		return this.key;
	}

	/** What the value has to be, worded to follow the key. */
	public String reason() {
		return this.reason;
	}

}
