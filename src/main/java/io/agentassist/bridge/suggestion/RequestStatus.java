package io.agentassist.bridge.suggestion;

import java.util.Locale;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * What has become of a suggestion request. {@link #COMPLETED} and {@link #FAILED} are
 * final; late suggestions complete an {@link #EXPIRED} one.
 */
public enum RequestStatus {

	/** The provider works on it. */
	QUEUED,
	/** Its suggestions are there. */
	COMPLETED,
	/** The provider gave it up. */
	FAILED,
	/** The provider did not answer in time. */
	EXPIRED;

	/**
	 * The word that stands for it in JSON and SQL.
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
