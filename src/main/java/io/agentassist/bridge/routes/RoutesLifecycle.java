package io.agentassist.bridge.routes;

import org.apache.camel.spring.SpringCamelContext;
import org.apache.camel.spring.boot.CamelSpringBootApplicationListener;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.web.context.WebServerGracefulShutdownLifecycle;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.stereotype.Component;

/**
 * Starts the routes before the port is opened and stops them after it is closed. By
 * default Camel does both the other way round: a callback in between would be answered
 * 404, and a provider does not send such a callback again.
 */
@Component
class RoutesLifecycle implements SmartLifecycle {

	private final ApplicationContext application;

	private final ObjectProvider<SpringCamelContext> camel;

	private final ObjectProvider<CamelSpringBootApplicationListener> routes;

	/**
	 * Injects providers instead of the beans: Spring starts a bean's dependencies before
	 * the bean, so Camel would start without routes.
	 */
	RoutesLifecycle(ApplicationContext application, ObjectProvider<SpringCamelContext> camel,
			ObjectProvider<CamelSpringBootApplicationListener> routes) {
		this.application = application;
		this.camel = camel;
		this.routes = routes;
	}

	/**
	 * When the real event arrives, Camel's own listeners find their work already done.
	 */
	@Override
	public void start() {
		this.camel.getObject().setShutdownEager(false);
		this.routes.getObject().onApplicationEvent(new ContextRefreshedEvent(this.application));
		this.camel.getObject().start();
	}

	@Override
	public void stop() {
		this.camel.getObject().stop();
	}

	@Override
	public boolean isRunning() {
		return this.camel.getObject().isStarted();
	}

	/**
	 * Below the web server's phase, since a lower phase starts earlier and stops later.
	 */
	@Override
	public int getPhase() {
		return WebServerGracefulShutdownLifecycle.SMART_LIFECYCLE_PHASE - 2048;
	}

}
