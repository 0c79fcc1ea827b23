package io.agentassist.bridge.http;

/** Passes a caller's tenant and organisations from authentication to the routes. */
public final class Tenant {

	/**
	 * Attribute of a servlet request, a string. If it is missing, the tenant is
	 * {@link #NONE}.
	 */
	public static final String ATTRIBUTE = "agentassist.tenant";

	/** Exchange property that holds the tenant. */
	public static final String PROPERTY = "tenant";

	/** The tenant of callers that have none. */
	public static final String NONE = "";

	/**
	 * Attribute of a servlet request and property of an exchange: the names of the
	 * organisations that the caller may use, a collection. Without it, the tenant alone
	 * decides.
	 */
	public static final String ORGANISATIONS = "agentassist.organisations";

	private Tenant() {
	}

	/**
	 * Returns the tenant from an exchange's property, which is missing if a message did
	 * not arrive by HTTP.
	 * @param property the property's value, may be null
	 * @return the tenant, never null
	 */
	public static String of(String property) {
		return (property != null) ? property : NONE;
	}

}
