package io.agentassist.bridge.routes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says that a bean sends messages to a route, which therefore has to be in every set of
 * routes. A class that does so by a {@code ProducerTemplate} carries it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface CallsRoute {

	/**
	 * The entrance of the route.
	 * @return its URI, such as {@code direct:fetch-access-token}
	 */
	String value();

}
