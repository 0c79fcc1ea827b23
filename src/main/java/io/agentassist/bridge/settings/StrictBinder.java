package io.agentassist.bridge.settings;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PlaceholdersResolver;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.env.Environment;

/**
 * Spring Boot's binder for the bridge's own settings, with two differences. It takes
 * durations only with a unit: Spring Boot would take a bare number for milliseconds,
 * which nobody means who writes {@code keep: 7}, and Camel would take {@code PT5S} for 0
 * where a route names the setting. And it takes a blank map, see {@link BlankMap}.
 */
public final class StrictBinder {

	/** What a duration has to be, worded to follow the key. */
	public static final String DURATION = "must be a number with a unit, such as 500ms, 10s, 5m, 12h or 3d";

	/** What a section of the settings has to be, worded to follow the key. */
	public static final String KEYS = "must hold keys with values, not one value";

	/** What both Spring Boot and Camel understand. */
	private static final Pattern DURATIONS = Pattern.compile("0|\\d+(ms|s|m|h|d)");

	private static final ConversionService CONVERSIONS = conversions();

	private StrictBinder() {
	}

	/**
	 * Creates a binder.
	 * @param environment the environment with the settings
	 * @return the binder
	 */
	public static Binder of(Environment environment) {
		PlaceholdersResolver placeholders = new PropertySourcesPlaceholdersResolver(environment);
		return new Binder(ConfigurationPropertySources.get(environment), placeholders, CONVERSIONS, null, null);
	}

	private static ConversionService conversions() {
		ApplicationConversionService conversions = new ApplicationConversionService();
		conversions.addConverter(String.class, Duration.class, StrictBinder::duration);
		conversions.addConverter(String.class, Map.class, StrictBinder::map);
		conversions.addConverter(Number.class, Duration.class, (number) -> duration(number.toString()));
		return conversions;
	}

	private static Map<?, ?> map(String text) {
		if (text.isBlank()) {
			return Map.of();
		}
		throw new IllegalArgumentException(KEYS);
	}

	private static Duration duration(String text) {
		if (text.isEmpty()) {
			// No value, as for Spring Boot.
			return null;
		}
		if (!DURATIONS.matcher(text).matches()) {
			throw new IllegalArgumentException(DURATION);
		}
		return DurationStyle.SIMPLE.parse(text);
	}

}
