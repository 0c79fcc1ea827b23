package io.agentassist.bridge.security;

import com.fasterxml.jackson.annotation.JsonValue;

/** What a caller of the API may do. */
public enum Scope {

	/** Ask for suggestions. */
	SUGGESTIONS_WRITE("suggestions:write"),
	/** Look suggestions up. */
	SUGGESTIONS_READ("suggestions:read"),
	/** Give feedback. */
	FEEDBACK_WRITE("feedback:write");

	private final String text;

	Scope(String text) {
		this.text = text;
	}

	/**
	 * The word that stands for it in tokens and in the file of keys.
	 * @return the word, lower case
	 */
	@JsonValue
	public String text() {
		return this.text;
	}

	/**
	 * What a request needs. A path that a site adds is read by GET, and asks otherwise.
	 */
	static Scope of(String method, String path) {
		if ("GET".equals(method) || "HEAD".equals(method)) {
			return SUGGESTIONS_READ;
		}
		return path.startsWith("/agentassist/feedback") ? FEEDBACK_WRITE : SUGGESTIONS_WRITE;
	}

}
