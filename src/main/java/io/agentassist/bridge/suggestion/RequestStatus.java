package io.agentassist.bridge.suggestion;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * What has become of a suggestion request. {@link #COMPLETED} and {@link #FAILED} are
 * final; late suggestions complete an {@link #EXPIRED} one.
 */
public enum RequestStatus {

	/** The provider works on it. */
	QUEUED("queued"),
	/** Its suggestions are there. */
	COMPLETED("completed"),
	/** The provider gave it up. */
	FAILED("failed"),
	/** The provider did not answer in time. */
	EXPIRED("expired");

	private final String text;

	RequestStatus(String text) {
		this.text = text;
	}

	/**
	 * The word that stands for it in JSON and SQL.
	 * @return the word, lower case
	 */
	@JsonValue
	public String text() {
		return this.text;
	}

	static RequestStatus of(String text) {
		for (RequestStatus status : values()) {
			if (status.text.equals(text)) {
				return status;
			}
		}
		throw new IllegalArgumentException("Unknown status " + text);
	}

}
