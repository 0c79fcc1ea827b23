package io.agentassist.bridge.routes;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Component;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.model.Resilience4jConfigurationDefinition;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.spi.DataFormat;
import org.apache.camel.spi.Language;
import org.apache.camel.spi.Policy;
import org.apache.camel.spi.PropertiesSource;
import org.apache.camel.spi.TransactedPolicy;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.objenesis.SpringObjenesis;

/**
 * What routes may refer to: settings and beans. For a check in a running bridge these are
 * its own beans; otherwise they are stand-ins of their classes, which are inspected but
 * never called.
 */
final class RouteSurroundings implements BeanRepository, PropertiesSource {

	private static final String BREAKERS = "camel.resilience4j.configurations.";

	private static final String POOLS = "camel.threadpool.config.";

	private final ConfigurableEnvironment environment;

	private final ConfigurableListableBeanFactory beans;

	private final boolean running;

	private final SpringObjenesis objenesis = new SpringObjenesis();

	/**
	 * Creates the surroundings.
	 * @param running whether the beans may be created and called
	 */
	RouteSurroundings(ConfigurableEnvironment environment, ConfigurableListableBeanFactory beans, boolean running) {
		this.environment = environment;
		this.beans = beans;
		this.running = running;
	}

	@Override
	public String getName() {
		return "settings";
	}

	/** A setting, or null. */
	@Override
	public String getProperty(String key) {
		return this.environment.getProperty(key);
	}

	/** Ids of the named circuit breaker settings. */
	Set<String> breakers() {
		return names(BREAKERS);
	}

	/** Whether a named circuit breaker throws an exception while it is open. */
	boolean throwsWhenOpen(String breaker) {
		return "true".equals(getProperty(BREAKERS + breaker + ".throw-exception-when-half-open-or-open-state"));
	}

	/** Ids of the named thread pools. */
	Set<String> pools() {
		return names(POOLS);
	}

	private Set<String> names(String prefix) {
		Set<String> names = new LinkedHashSet<>();
		this.environment.getPropertySources().forEach((source) -> {
			if (source instanceof EnumerablePropertySource<?> enumerable) {
				for (String key : enumerable.getPropertyNames()) {
					if (key.startsWith(prefix)) {
						names.add(key.substring(prefix.length()).replaceAll("\\..*", ""));
					}
				}
			}
		});
		return names;
	}

	/** The class of a bean, or null. */
	Class<?> beanType(String name) {
		return this.beans.containsBean(name) ? this.beans.getType(name, false) : null;
	}

	/** Entrances of the routes that beans call, by bean name. */
	Map<String, String> calledRoutes() {
		Map<String, String> called = new TreeMap<>();
		for (String name : this.beans.getBeanNamesForAnnotation(CallsRoute.class)) {
			called.put(name, this.beans.findAnnotationOnBean(name, CallsRoute.class, false).value());
		}
		return called;
	}

	/** Whether the beans may be called. */
	boolean isRunning() {
		return this.running;
	}

	@Override
	public Object lookupByName(String name) {
		Class<?> type = beanType(name);
		if (type == null) {
			return breakers().contains(name) ? new Resilience4jConfigurationDefinition() : null;
		}
		// If a scratch context used the application's own components, it would take them
		// away from the application.
		if (CamelContextAware.class.isAssignableFrom(type) || Component.class.isAssignableFrom(type)
				|| DataFormat.class.isAssignableFrom(type) || Language.class.isAssignableFrom(type)) {
			return null;
		}
		return this.running ? this.beans.getBean(name) : standIn(type);
	}

	private Object standIn(Class<?> type) {
		if (Policy.class.isAssignableFrom(type)) {
			return new PassingPolicy();
		}
		if (ObjectMapper.class.isAssignableFrom(type)) {
			// Components look for one while a route is built, and use it.
			return BeanUtils.instantiateClass(type);
		}
		if (type.isInterface()) {
			return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
					(proxy, method, arguments) -> switch (method.getName()) {
						case "hashCode" -> System.identityHashCode(proxy);
						case "equals" -> proxy == arguments[0];
						default -> null;
					});
		}
		return this.objenesis.newInstance(type);
	}

	@Override
	public <T> T lookupByNameAndType(String name, Class<T> type) {
		Object bean = lookupByName(name);
		return type.isInstance(bean) ? type.cast(bean) : null;
	}

	@Override
	public <T> Map<String, T> findByTypeWithName(Class<T> type) {
		Map<String, T> found = new HashMap<>();
		if (!type.getName().startsWith("org.apache.camel.")) {
			for (String name : this.beans.getBeanNamesForType(type, true, false)) {
				T bean = lookupByNameAndType(name, type);
				if (bean != null) {
					found.put(name, bean);
				}
			}
		}
		return found;
	}

	@Override
	public <T> Set<T> findByType(Class<T> type) {
		return new LinkedHashSet<>(findByTypeWithName(type).values());
	}

	/** Stands in for a policy that begins a transaction. */
	private static final class PassingPolicy implements TransactedPolicy {

		@Override
		public void beforeWrap(Route route, NamedNode definition) {
			// No transaction is begun.
		}

		@Override
		public Processor wrap(Route route, Processor processor) {
			return processor;
		}

	}

}
