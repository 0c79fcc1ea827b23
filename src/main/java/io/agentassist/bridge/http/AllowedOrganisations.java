package io.agentassist.bridge.http;

/**
 * How the organisations that a caller may ask get from the authentication to the routes.
 */
public final class AllowedOrganisations {

	/**
	 * Attribute of a servlet request and property of an exchange, a set of names. Without
	 * it, nothing but the tenant says which.
	 */
	public static final String NAME = "agentassist.organisations";

	private AllowedOrganisations() {
	}

}
