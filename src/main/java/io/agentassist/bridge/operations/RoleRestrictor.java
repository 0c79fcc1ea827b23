package io.agentassist.bridge.operations;

import java.util.Set;

import javax.management.ObjectName;

import org.jolokia.server.core.restrictor.policy.PolicyRestrictor;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * What users may do in Jolokia, and so in Hawtio. Every logged-in user may do what
 * {@code jolokia-access.xml} allows, which is to look. Operators may also do what
 * {@code jolokia-operator.xml} allows. Anything in neither file is refused. Created by
 * Jolokia, as configured in {@code management.endpoint.jolokia.config}.
 */
public class RoleRestrictor extends PolicyRestrictor {

	private static final Set<String> SHOWN = Set.of("io.agentassist.bridge", "org.apache.camel", "java.lang", "hawtio",
			"jolokia");

	private final PolicyRestrictor operators = new PolicyRestrictor(
			RoleRestrictor.class.getResourceAsStream("/jolokia-operator.xml"));

	public RoleRestrictor() {
		super(RoleRestrictor.class.getResourceAsStream("/jolokia-access.xml"));
	}

	/**
	 * An operation may be given with its signature, which is ignored: a rule applies to
	 * all overloads.
	 */
	@Override
	public boolean isOperationAllowed(ObjectName name, String operation) {
		String plain = operation.replaceFirst("\\(.*", "");
		return super.isOperationAllowed(name, plain)
				|| (isOperator() && this.operators.isOperationAllowed(name, plain));
	}

	@Override
	public boolean isAttributeWriteAllowed(ObjectName name, String attribute) {
		return isOperator() && this.operators.isAttributeWriteAllowed(name, attribute);
	}

	/**
	 * Lets no page of another origin read answers; Hawtio's own needs no permission.
	 */
	@Override
	public boolean isOriginAllowed(String origin, boolean onlyWhenStrictCheckingIsEnabled) {
		return onlyWhenStrictCheckingIsEnabled;
	}

	/** Hides domains that nobody may read. */
	@Override
	public boolean isObjectNameHidden(ObjectName name) {
		return !SHOWN.contains(name.getDomain());
	}

	private static boolean isOperator() {
		Authentication caller = SecurityContextHolder.getContext().getAuthentication();
		return caller != null && caller.getAuthorities()
			.stream()
			.anyMatch((authority) -> authority.getAuthority().equals("ROLE_" + ManagementSecurity.OPERATOR));
	}

}
