package io.agentassist.bridge.http;

/** How the tenant of a caller gets from the authentication to the routes. */
public final class Tenant {

	/** Attribute of a servlet request, text. Without it: the tenant {@link #NONE}. */
	public static final String ATTRIBUTE = "agentassist.tenant";

	/** Property of an exchange. */
	public static final String PROPERTY = "tenant";

	/** The tenant of callers that have none. */
	public static final String NONE = "";

	private Tenant() {
	}

	/**
	 * Reads an exchange's property, which is missing where a message did not come by
	 * HTTP.
	 * @param property its value, may be null
	 * @return the tenant, never null
	 */
	public static String of(String property) {
		return (property != null) ? property : NONE;
	}

}
