package io.agentassist.bridge.operations;

import jakarta.validation.constraints.NotNull;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.StringUtils;

/**
 * The log-ins of the management port.
 *
 * @param operator the one that may act
 * @param viewer the one that may only look
 */
@ConfigurationProperties("agentassist")
record LogIns(@NotNull LogIn operator, @NotNull LogIn viewer) {

	/**
	 * A log-in.
	 *
	 * @param password empty if there is no such log-in
	 */
	record LogIn(String password) {

		boolean isSet() {
			return StringUtils.hasText(this.password);
		}

		/** Keeps the password out of logs. */
		@Override
		public String toString() {
			return "LogIn[isSet=" + isSet() + "]";
		}

	}

}
