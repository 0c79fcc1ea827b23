package io.agentassist.bridge.suggestion;

import java.util.Locale;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * The state of a suggestion request. {@link #COMPLETED} is final; late suggestions can
 * still complete a {@link #FAILED} or {@link #EXPIRED} request.
 */
public enum RequestStatus {

	/** The provider is working on it. */
	QUEUED,
	/** Its suggestions have arrived. */
	COMPLETED,
	/** The provider gave up on it. */
	FAILED,
	/** The provider did not answer in time. */
	EXPIRED;

	/**
	 * The word for it in JSON and SQL.
	 * @return the word, lower case
	 */
	@JsonValue
	public String text() {
		return name().toLowerCase(Locale.ROOT);
	}

	static RequestStatus of(String text) {
		return valueOf(text.toUpperCase(Locale.ROOT));
	}

}
