package io.agentassist.bridge.routes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says that a bean, or one behind it, sends messages to a route by a
 * {@code ProducerTemplate}. The route therefore has to be in every set of routes, and the
 * diagram of them shows a hop to it from each route that calls the bean.
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
