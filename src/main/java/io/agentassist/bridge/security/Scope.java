package io.agentassist.bridge.security;

import com.fasterxml.jackson.annotation.JsonValue;

/** What a caller of the API may do. */
enum Scope {

	/** Request suggestions. */
	SUGGESTIONS_WRITE("suggestions:write"),
	/** Look up suggestions. */
	SUGGESTIONS_READ("suggestions:read"),
	/** Give feedback. */
	FEEDBACK_WRITE("feedback:write");

	private final String text;

	Scope(String text) {
		this.text = text;
	}

	/**
	 * The word for it in tokens and in the keys file.
	 * @return the word, lower case
	 */
	@Override
	@JsonValue
	public String toString() {
		return this.text;
	}

	/**
	 * The scope a request needs. On paths that a site adds, GET and HEAD read, and
	 * anything else counts as a request for suggestions.
	 */
	static Scope of(String method, String path) {
		if ("GET".equals(method) || "HEAD".equals(method)) {
			return SUGGESTIONS_READ;
		}
		return path.startsWith("/agentassist/feedback") ? FEEDBACK_WRITE : SUGGESTIONS_WRITE;
	}

}
