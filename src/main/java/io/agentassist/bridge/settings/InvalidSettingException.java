package io.agentassist.bridge.settings;

/** A setting that nothing can run with. Its message does not show the value. */
public class InvalidSettingException extends IllegalArgumentException {

	private static final long serialVersionUID = 1L;

	private final String key;

	private final String reason;

	/**
	 * Creates it.
	 * @param key such as {@code agentassist.callback.secret}
	 * @param reason what it has to be, to be read behind the key
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

	/** What it has to be. */
	public String reason() {
		return this.reason;
	}

}
