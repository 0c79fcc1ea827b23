package io.agentassist.bridge;

import java.util.Locale;

import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpAutoConfiguration;
import org.apache.camel.spring.boot.actuate.health.CamelAvailabilityCheckAutoConfiguration;
import org.apache.camel.spring.boot.actuate.health.CamelHealthCheckAutoConfiguration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.observation.web.servlet.WebMvcObservationAutoConfiguration;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.dao.PersistenceExceptionTranslationAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.autoconfigure.security.servlet.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.autoconfigure.transaction.TransactionAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/**
 * Starts the bridge. What it does is in {@code routes/}, its settings are in
 * {@code config/}, both in the working directory. If the first argument is not an option,
 * it names one of the {@link Commands}, which run without the bridge.
 * <p>
 * Excluded auto-configurations:
 * <ul>
 * <li>{@code SecurityFilter}, {@code UserDetailsService}: the API port has no security
 * filter chain, see {@code operations.ManagementSecurity}.
 * <li>{@code SpringBootPlatformHttp}: {@code http.AtomicHttpMapping} maps the paths.
 * <li>{@code Aop}, {@code Transaction}, {@code PersistenceExceptionTranslation}: no bean
 * is proxied; transactions are TransactionOperations, or the routes'.
 * <li>{@code WebMvcObservation}: our own metrics are enough; Spring's cost more than they
 * are worth.
 * <li>{@code CamelHealthCheck}, {@code CamelAvailabilityCheck}: Camel's own health is
 * down if a route is merely paused, see {@code operations.RoutesHealthIndicator}.
 * </ul>
 */
@SpringBootApplication(exclude = { SecurityFilterAutoConfiguration.class, UserDetailsServiceAutoConfiguration.class,
		SpringBootPlatformHttpAutoConfiguration.class, AopAutoConfiguration.class, TransactionAutoConfiguration.class,
		PersistenceExceptionTranslationAutoConfiguration.class, WebMvcObservationAutoConfiguration.class,
		CamelHealthCheckAutoConfiguration.class, CamelAvailabilityCheckAutoConfiguration.class })
@ConfigurationPropertiesScan
public class AgentAssistBridge {

	/**
	 * Starts the bridge, or runs a command.
	 * @param args options of Spring Boot, or a command with its own
	 */
	public static void main(String[] args) {
		// Or else file names and JSON would have the digits of the user's language.
		Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
		if (Commands.isCommand(args)) {
			System.exit(Commands.run(args));
		}
		JvmOptions.apply();
		SpringApplication.run(AgentAssistBridge.class, args);
	}

}
