package io.agentassist.bridge;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/**
 * Starts the bridge. What it does is in {@code routes/}, how it is set up in
 * {@code config/}, both in the working directory.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class AgentAssistBridge {

	public static void main(String[] args) {
		SpringApplication.run(AgentAssistBridge.class, args);
	}

}
