package io.agentassist.bridge.http;

/**
 * Passes the organisations that a caller may use from authentication to the routes.
 */
public final class AllowedOrganisations {

	/**
	 * Attribute of a servlet request and property of an exchange, a set of names. Without
	 * it, the tenant alone decides.
	 */
	public static final String NAME = "agentassist.organisations";

	private AllowedOrganisations() {
	}

}
