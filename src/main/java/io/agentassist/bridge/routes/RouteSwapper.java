package io.agentassist.bridge.routes;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.agentassist.bridge.http.AtomicHttpMapping;

import org.apache.camel.Channel;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.Service;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.direct.DirectConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumerAware;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.LifecycleStrategy;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;

/**
 * Replaces routes of the running context. A new route is built and started beside the old
 * one and takes over its entrance ({@code direct:} or {@code platform-http:}); messages
 * in flight finish in the old one, which is stopped later. A route that fetches its
 * messages itself (a scheduler, a queue) finishes first, so that two of it do not run,
 * unless it takes longer than {@link #DRAIN}. A paused route stays paused: an exchange
 * holds the context's monitor, as a pause does, so that neither misses the other. Not
 * thread safe.
 */
@Component
class RouteSwapper {

	private static final Logger log = LoggerFactory.getLogger(RouteSwapper.class);

	/** No request takes longer: its deadline and its waits are limited to 60 s. */
	private static final Duration LONGEST_EXCHANGE = Duration.ofSeconds(90);

	private static final Duration SHORTEST_RETIREMENT = Duration.ofSeconds(2);

	/**
	 * How long to wait for a route that fetches its messages to finish the current one.
	 */
	private static final Duration DRAIN = Duration.ofSeconds(15);

	private final ModelCamelContext camel;

	private final AtomicHttpMapping paths;

	private final RouteFiles files;

	private final List<Retired> retired = new ArrayList<>();

	/** Routes that someone paused or stopped, and that have been replaced since. */
	private final Set<String> held = new HashSet<>();

	RouteSwapper(ModelCamelContext camel, AtomicHttpMapping paths, RouteFiles files) {
		this.camel = camel;
		this.paths = paths;
		this.files = files;
	}

	/**
	 * Makes the context run another set.
	 * @param set the other set
	 * @param changes its differences from the running set
	 * @throws FailedToStartRouteException if a route does not start; call again with the
	 * previous set
	 * @throws Exception if the set cannot be read; call again with the previous set
	 */
	void apply(RouteSet set, RouteChanges changes) throws Exception {
		this.files.use(set);
		synchronized (this.camel) {
			exchange(set, changes);
		}
	}

	private void exchange(RouteSet set, RouteChanges changes) throws Exception {
		Set<String> starting = new LinkedHashSet<>(changes.changed());
		starting.addAll(changes.added());
		List<RouteDefinition> definitions = definitions(set, starting);
		Set<String> leaving = new LinkedHashSet<>(changes.removed());
		leaving.addAll(starting);
		this.held.addAll(leaving.stream().filter(this::isHeld).toList());
		this.held.removeAll(leaving.stream().filter((id) -> !isHeld(id)).toList());
		List<Route> old = leaving.stream().map(this.camel::getRoute).filter((route) -> route != null).toList();
		for (Route route : old) {
			if (!isTakenOver(route.getConsumer())) {
				finish(route);
			}
			detach(route);
		}
		leaving
			.forEach((id) -> this.camel.getRouteDefinitions().removeIf((definition) -> id.equals(definition.getId())));
		try {
			for (RouteDefinition definition : definitions) {
				start(definition);
			}
			this.held.removeAll(changes.removed());
			// Only now: if a route does not start, old ones serve their paths until the
			// previous set is back.
			old.forEach(this::closePaths);
		}
		finally {
			long now = System.nanoTime();
			old.forEach((route) -> this.retired.add(new Retired(route, now)));
		}
	}

	private void start(RouteDefinition definition) {
		try {
			if (this.held.contains(definition.getId())) {
				definition.setAutoStartup("false");
			}
			this.camel.getRouteDefinitions().add(definition);
			this.camel.startRouteDefinitions(new ArrayList<>(List.of(definition)));
		}
		catch (Exception | LinkageError | StackOverflowError ex) {
			throw new FailedToStartRouteException(definition.getId(), ex.getMessage(), ex);
		}
	}

	/**
	 * Whether a route is paused or stopped, even if it is missing at the moment because
	 * replacing it failed.
	 */
	private boolean isHeld(String id) {
		if (this.camel.getRoute(id) == null) {
			return this.held.contains(id);
		}
		ServiceStatus status = this.camel.getRouteController().getRouteStatus(id);
		return (status == ServiceStatus.Suspended || status == ServiceStatus.Stopped)
				&& (this.held.contains(id) || !Boolean.FALSE.equals(CamelContextHelper.parseBoolean(this.camel,
						this.camel.getRouteDefinition(id).getAutoStartup())));
	}

	/**
	 * Reads the routes with these ids, and replaces the old policies with those of the
	 * set.
	 */
	private List<RouteDefinition> definitions(RouteSet set, Set<String> ids) throws Exception {
		List<RoutesBuilder> builders = new ArrayList<>();
		Set<String> files = new LinkedHashSet<>();
		set.items()
			.stream()
			.filter((item) -> item.isPolicy() || ids.contains(item.id()))
			.forEach((item) -> files.add(item.file()));
		for (String file : files) {
			builders.addAll(PluginHelper.getRoutesLoader(this.camel)
				.findRoutesBuilders(List.of(ResourceHelper.fromString(file, set.files().get(file)))));
		}
		// All policies first, as a route incorporates them when it is read. Camel's own
		// way to update them takes the first without an id for any that it does not find.
		this.camel.getRouteConfigurationDefinitions().clear();
		for (RoutesBuilder builder : builders) {
			if (builder instanceof RouteConfigurationBuilder configurations) {
				configurations.addRouteConfigurationsToCamelContext(this.camel);
			}
		}
		List<RouteDefinition> found = new ArrayList<>();
		for (RoutesBuilder builder : builders) {
			((RouteBuilder) builder).configureRoutes(this.camel)
				.getRoutes()
				.stream()
				.filter((route) -> ids.contains(route.getId()))
				.forEach(found::add);
		}
		return found;
	}

	private static boolean isTakenOver(Consumer consumer) {
		return consumer instanceof DirectConsumer || consumer instanceof PlatformHttpConsumerAware;
	}

	private void finish(Route route) throws InterruptedException {
		ServiceHelper.suspendService(route.getConsumer());
		long end = System.nanoTime() + DRAIN.toNanos();
		while (this.camel.getInflightRepository().size(route.getRouteId()) > 0 && System.nanoTime() < end) {
			Thread.sleep(2);
		}
		ServiceHelper.stopService(route.getConsumer());
	}

	/**
	 * Removes a route from Camel's records; its entrance stays open and it keeps running.
	 */
	private void detach(Route route) {
		ExtendedCamelContext context = this.camel.getCamelContextExtension();
		for (LifecycleStrategy strategy : this.camel.getLifecycleStrategies()) {
			services(route).forEach((service) -> strategy.onServiceRemove(this.camel, service, route));
			strategy.onServiceRemove(this.camel, route.getConsumer(), route);
			strategy.onRoutesRemove(List.of(route));
		}
		context.removeRoute(route);
		context.getRouteStartupOrder().removeIf((order) -> order.getRoute() == route);
	}

	/**
	 * Closes a route's HTTP paths, unless another route has taken them over. A
	 * {@code direct:} name stays, as messages in flight in old routes may still have to
	 * call it; the new routes have been checked not to.
	 */
	private void closePaths(Route route) {
		if (route.getConsumer() instanceof PlatformHttpConsumerAware http) {
			// Not stopped, as that would take the path away from its successor too.
			this.paths.unregister(http.getPlatformHttpConsumer());
		}
	}

	/**
	 * Stops the routes that were replaced and have nothing in flight, except those that
	 * other old routes may still call.
	 */
	void stopRetired() {
		for (Retired old : List.copyOf(this.retired)) {
			Duration age = Duration.ofNanos(System.nanoTime() - old.since);
			boolean idle = this.camel.getInflightRepository().size(old.route.getRouteId()) == 0;
			if (age.compareTo(LONGEST_EXCHANGE) > 0
					|| (idle && !isCalled(old.route) && age.compareTo(SHORTEST_RETIREMENT) > 0)) {
				this.retired.remove(old);
				if (old.route.getConsumer() instanceof DirectConsumer) {
					// Also makes all callers look again for the route to call.
					ServiceHelper.suspendService(old.route.getConsumer());
				}
				// Those that a failed edit has left to it, and nothing has taken over.
				closePaths(old.route);
				services(old.route).forEach(RouteSwapper::stop);
				forget(old.route.getRouteId());
				removeEndpoints(old.route);
			}
		}
	}

	/** Whether messages to a {@code direct:} name still go to this route. */
	private static boolean isCalled(Route route) {
		return route.getConsumer() instanceof DirectConsumer consumer
				&& consumer.getEndpoint().getComponent() instanceof TakeOverDirectComponent names
				&& names.isCalled(consumer);
	}

	/**
	 * Removes endpoints that no other route uses; otherwise each edit of a URI would
	 * leave one behind.
	 */
	private void removeEndpoints(Route gone) {
		Set<Endpoint> unused = endpoints(gone);
		this.camel.getRoutes().forEach((route) -> unused.removeAll(endpoints(route)));
		this.retired.forEach((old) -> unused.removeAll(endpoints(old.route)));
		for (Endpoint endpoint : unused) {
			try {
				this.camel.removeEndpoint(endpoint);
			}
			catch (Exception ex) {
				log.debug("Endpoint {} not removed", endpoint, ex);
			}
		}
	}

	private static Set<Endpoint> endpoints(Route route) {
		Set<Endpoint> endpoints = new HashSet<>();
		endpoints.add(route.getEndpoint());
		for (Service service : services(route)) {
			if (service instanceof EndpointAware step && step.getEndpoint() != null) {
				endpoints.add(step.getEndpoint());
			}
		}
		return endpoints;
	}

	/**
	 * Removes the service that Camel still holds for a route that nothing has replaced.
	 */
	private void forget(String id) {
		if (this.camel.getRoute(id) == null) {
			try {
				this.camel.getRouteController().stopRoute(id);
				this.camel.removeRoute(id);
			}
			catch (Exception ex) {
				log.debug("Route {} not removed", id, ex);
			}
		}
	}

	private static void stop(Service service) {
		try {
			ServiceHelper.stopAndShutdownService(service);
		}
		catch (RuntimeException ex) {
			log.debug("Not stopped: {}", service, ex);
		}
	}

	/** All services of a route except its consumer. */
	private static Set<Service> services(Route route) {
		List<Service> roots = new ArrayList<>(route.getServices());
		List<Processor> handlers = new ArrayList<>(route.getOnExceptions());
		handlers.addAll(route.getOnCompletions());
		handlers.stream().filter(Service.class::isInstance).forEach((handler) -> roots.add((Service) handler));
		Set<Service> services = new LinkedHashSet<>();
		roots.stream()
			.filter((service) -> !(service instanceof Consumer))
			.forEach((service) -> services.addAll(ServiceHelper.getChildServices(service)));
		for (Service service : List.copyOf(services)) {
			if (service instanceof Channel channel && channel.getErrorHandler() instanceof Service handler) {
				services.add(handler);
			}
		}
		return services;
	}

	/**
	 * A route that was replaced.
	 *
	 * @param route the route
	 * @param since when it was replaced, as {@link System#nanoTime()}
	 */
	private record Retired(Route route, long since) {
	}

}
