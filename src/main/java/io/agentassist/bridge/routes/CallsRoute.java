package io.agentassist.bridge.routes;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares that a bean, or one it uses, sends messages to a route with a
 * {@code ProducerTemplate}. Every set of routes must therefore contain that route, and
 * the diagram shows a hop to it from each route that calls the bean.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface CallsRoute {

	/**
	 * The route's entrance.
	 * @return its URI, for example {@code direct:fetch-access-token}
	 */
	String value();

}
