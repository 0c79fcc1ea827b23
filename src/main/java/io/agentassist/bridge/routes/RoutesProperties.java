package io.agentassist.bridge.routes;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.agentassist.bridge.settings.DataSizeRange;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;

import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the routes.
 *
 * @param directory folder of the routes
 * @param live whether edits are applied while the bridge runs
 * @param watchInterval how often the folder is looked at
 * @param quietTime how long the folder must have been unchanged before an edit is applied
 * @param history folder that stores the last sets that ran
 * @param files which files are routes: patterns relative to {@code directory}
 * @param maxFileSize maximum size; larger files are refused
 * @param components URI schemes allowed for a route's endpoints
 * @param beans beans that a route may call besides the bridge's own
 * @param requiredSteps ids of steps of whose absence the check warns
 */
@ConfigurationProperties("agentassist.routes")
record RoutesProperties(@NotNull Path directory, @NotNull Boolean live,
		@NotNull @DurationMin(millis = 10) @DurationMax(hours = 1) Duration watchInterval,
		@NotNull @DurationMin @DurationMax(hours = 1) Duration quietTime, @NotNull Path history,
		@NotEmpty @DefaultValue List<String> files,
		@NotNull @DataSizeRange(min = "64KB", max = "100MB") DataSize maxFileSize,
		@NotEmpty @DefaultValue List<String> components, @DefaultValue List<String> beans,
		@DefaultValue List<String> requiredSteps) {

}
