package io.agentassist.bridge.routes;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.agentassist.bridge.settings.ConfiguredUrls;
import jakarta.validation.Validator;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.bind.validation.ValidationBindHandler;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

/**
 * Binds settings to the records that hold them, as a start does, and tells which of them
 * a start would refuse. Thread safe.
 */
final class ConfigCheck {

	private final Supplier<List<Class<? extends Record>>> records;

	private final Validator validator;

	/**
	 * Creates the check.
	 * @param records finds what holds settings, with {@link ConfigurationProperties};
	 * asked at a check, as it looks through all beans
	 * @param validator of their constraints
	 */
	ConfigCheck(Supplier<List<Class<? extends Record>>> records, Validator validator) {
		this.records = records;
		this.validator = validator;
	}

	/**
	 * Binds.
	 * @param problems told of what does not fit
	 * @return the records that do, by their class
	 */
	Map<Class<?>, Record> bind(ConfigSnapshot settings, Consumer<RouteProblem> problems) {
		Map<Class<?>, Record> bound = new HashMap<>();
		Binder binder = Binder.get(settings.environment());
		SpringValidatorAdapter adapter = new SpringValidatorAdapter(this.validator);
		for (Class<? extends Record> type : this.records.get()) {
			String prefix = AnnotatedElementUtils.findMergedAnnotation(type, ConfigurationProperties.class).prefix();
			try {
				// A handler remembers its first failure.
				bound.put(type, binder.bindOrCreate(prefix, Bindable.of(type), new ValidationBindHandler(adapter)));
			}
			catch (BindException ex) {
				describe(settings, prefix, ex, problems);
			}
		}
		ConfiguredUrls.problems(settings.environment())
			.forEach((key, problem) -> problems
				.accept(settings.problem(key, RouteProblem.Severity.ERROR, "'" + key + "' " + problem)));
		return bound;
	}

	private static void describe(ConfigSnapshot settings, String prefix, BindException failure,
			Consumer<RouteProblem> problems) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof BindValidationException invalid) {
				for (ObjectError error : invalid.getValidationErrors()) {
					String key = (error instanceof FieldError field) ? prefix + "." + kebab(field.getField()) : prefix;
					problems.accept(settings.problem(key, RouteProblem.Severity.ERROR,
							"'" + key + "' " + error.getDefaultMessage()));
				}
				return;
			}
		}
		problems.accept(settings.problem(failure.getName().toString(), RouteProblem.Severity.ERROR,
				"'" + failure.getName() + "' cannot be set: " + RouteProblem.reason(failure)));
	}

	private static String kebab(String field) {
		return field.replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
	}

}
