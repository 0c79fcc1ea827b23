package io.agentassist.bridge;

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
 * Starts the bridge. What it does is in {@code routes/}, how it is set up in
 * {@code config/}, both in the working directory. A first argument that is no option is
 * one of the {@link Commands}, which run without the bridge.
 */
@SpringBootApplication(
		// The API port has no security filter chain: see operations.ManagementSecurity.
		// Paths: see
		// http.AtomicHttpMapping.
		// Health: Camel's own is down where a route is merely paused, see
		// operations.RoutesHealthIndicator.
		// No bean is proxied: transactions are TransactionOperations, or the routes'.
		exclude = { SecurityFilterAutoConfiguration.class, UserDetailsServiceAutoConfiguration.class,
				SpringBootPlatformHttpAutoConfiguration.class, AopAutoConfiguration.class,
				TransactionAutoConfiguration.class, PersistenceExceptionTranslationAutoConfiguration.class,
				WebMvcObservationAutoConfiguration.class, CamelHealthCheckAutoConfiguration.class,
				CamelAvailabilityCheckAutoConfiguration.class })
@ConfigurationPropertiesScan
public class AgentAssistBridge {

	public static void main(String[] args) {
		if (Commands.isCommand(args)) {
			System.exit(Commands.run(args));
		}
		SpringApplication.run(AgentAssistBridge.class, args);
	}

}
