package io.agentassist.bridge.routes;

import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.agentassist.bridge.settings.SettingsRules;
import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.NamesFiles;
import io.agentassist.bridge.settings.StrictBinder;
import jakarta.validation.Validator;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.bind.validation.ValidationBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.convert.ConverterNotFoundException;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;
import org.springframework.validation.beanvalidation.SpringValidatorAdapter;

/**
 * Binds settings to the records that hold them, as a start does, and reports those that a
 * start would refuse. Thread safe.
 */
final class ConfigCheck {

	/** All other keys belong to Spring Boot and its libraries. */
	private static final ConfigurationPropertyName BRIDGE = ConfigurationPropertyName.of("agentassist");

	private static final String UNKNOWN = "is not a setting of the bridge, and no route names it: is it misspelt?";

	/** What a value has to be, by its type. */
	private static final Map<Class<?>, String> WANTED = Map.of(Boolean.class, "must be true or false", Integer.class,
			"must be a whole number, at most " + Integer.MAX_VALUE, Double.class, "must be a number", URI.class,
			"is not a URL", DataSize.class, "must be a size, such as 256KB or 1MB", Duration.class,
			StrictBinder.DURATION, Map.class, StrictBinder.KEYS);

	private final Supplier<List<Class<? extends Record>>> records;

	private final Validator validator;

	/**
	 * Creates the check.
	 * @param records finds the records annotated with {@link ConfigurationProperties};
	 * called only for a check, as it searches all beans
	 * @param validator checks their constraints
	 */
	ConfigCheck(Supplier<List<Class<? extends Record>>> records, Validator validator) {
		this.records = records;
		this.validator = validator;
	}

	/**
	 * Binds settings.
	 * @param problems receives each problem
	 * @return the records that could be bound, by class
	 */
	Map<Class<?>, Record> bind(ConfigSnapshot settings, Consumer<RouteProblem> problems) {
		Map<Class<?>, Record> bound = new HashMap<>();
		Binder binder = StrictBinder.of(settings.environment());
		SpringValidatorAdapter adapter = new SpringValidatorAdapter(this.validator);
		List<Class<? extends Record>> types = this.records.get();
		for (Class<? extends Record> type : types) {
			String prefix = prefix(type);
			try {
				// A new handler for each record, as a handler remembers its first
				// failure.
				Record record = binder.bindOrCreate(prefix, Bindable.of(type), new ValidationBindHandler(adapter));
				checkFiles(settings, record, problems);
				bound.put(type, record);
			}
			catch (BindException ex) {
				describe(settings, ex, problems);
			}
		}
		for (String key : settings.keys()) {
			String misfit = misfit(types, ConfigurationPropertyName.adapt(key, '.'));
			// Spring Boot would ignore it: in an organisation, the default one's hosts
			// would be used; elsewhere, the setting's default.
			// A section left blank, say once all of it is commented out, is none.
			boolean isBlank = StrictBinder.KEYS.equals(misfit) && settings.environment().getProperty(key, "").isBlank();
			if (misfit != null && !misfit.equals(UNKNOWN) && !isBlank) {
				problems.accept(problem(settings, key, misfit));
			}
		}
		SettingsRules.problems(settings.environment())
			.forEach((key, problem) -> problems.accept(problem(settings, key, problem)));
		return bound;
	}

	private static void checkFiles(ConfigSnapshot settings, Record record, Consumer<RouteProblem> problems) {
		if (record instanceof NamesFiles names) {
			try {
				names.checkFiles();
			}
			catch (InvalidSettingException ex) {
				problems.accept(problem(settings, ex.key(), ex.reason()));
			}
		}
	}

	private static void describe(ConfigSnapshot settings, BindException failure, Consumer<RouteProblem> problems) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof BindValidationException invalid) {
				// Of a record within the settings, say agentassist.genesys.rate.
				String name = invalid.getValidationErrors().getName().toString();
				for (ObjectError error : invalid.getValidationErrors()) {
					String key = (error instanceof FieldError field)
							? name + "." + DataObjectPropertyName.toDashedForm(field.getField()) : name;
					problems.accept(problem(settings, key,
							"NotNull".equals(error.getCode()) ? "must not be empty" : error.getDefaultMessage()));
				}
				return;
			}
			if (cause instanceof InvalidSettingException invalid) {
				problems.accept(problem(settings, invalid.key(), invalid.reason()));
				return;
			}
			String wanted = null;
			if (cause instanceof ConversionFailedException conversion) {
				wanted = wanted(conversion.getTargetType().getObjectType());
			}
			else if (cause instanceof ConverterNotFoundException conversion) {
				wanted = wanted(conversion.getTargetType().getObjectType());
			}
			if (wanted != null) {
				problems.accept(problem(settings, failure.getName().toString(), wanted));
				return;
			}
		}
		problems
			.accept(problem(settings, failure.getName().toString(), "cannot be set: " + RouteProblem.reason(failure)));
	}

	/** What a value has to be; null if its converter knows better. */
	private static String wanted(Class<?> type) {
		if (type.isEnum()) {
			return "must be one of " + Arrays.stream(type.getEnumConstants())
				.map((constant) -> constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
				.collect(Collectors.joining(", "));
		}
		return type.isRecord() ? StrictBinder.KEYS : WANTED.get(type);
	}

	static RouteProblem problem(ConfigSnapshot settings, String key, String reason) {
		return settings.problem(key, RouteProblem.Severity.ERROR, "'" + key + "' " + reason);
	}

	/**
	 * Warns of keys that nothing reads.
	 * @param placeholders the keys that routes use as placeholders
	 */
	List<RouteProblem> misspelt(ConfigSnapshot settings, Set<ConfigurationPropertyName> placeholders) {
		List<RouteProblem> problems = new ArrayList<>();
		for (String key : settings.keys()) {
			if (isUnknown(key, settings, placeholders)) {
				problems.add(settings.problem(key, RouteProblem.Severity.WARNING, "'" + key + "' " + UNKNOWN));
			}
		}
		return problems;
	}

	/** Whether a key should be one of the bridge's settings, but nothing reads it. */
	boolean isUnknown(String key, ConfigSnapshot settings, Set<ConfigurationPropertyName> placeholders) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
		return BRIDGE.isAncestorOf(name) && !placeholders.contains(name) && UNKNOWN.equals(misfit(name))
				&& !settings.names(key);
	}

	/**
	 * Finds out how a key does not fit the records.
	 * @return {@link #UNKNOWN} if no record is concerned; null if the key fits
	 */
	String misfit(ConfigurationPropertyName key) {
		return misfit(this.records.get(), key);
	}

	private static String misfit(List<Class<? extends Record>> types, ConfigurationPropertyName key) {
		Set<String> misfits = new HashSet<>();
		for (Class<?> type : types) {
			ConfigurationPropertyName prefix = ConfigurationPropertyName.of(prefix(type));
			if (prefix.isAncestorOf(key)) {
				misfits.add(misfit(ResolvableType.forClass(type), key, prefix.getNumberOfElements()));
			}
		}
		// Several records have the same prefix.
		if (misfits.contains(null)) {
			return null;
		}
		misfits.remove(UNKNOWN);
		return misfits.stream().findFirst().orElse(UNKNOWN);
	}

	/** The elements of the key from the index on lead into the type. */
	private static String misfit(ResolvableType type, ConfigurationPropertyName key, int index) {
		Class<?> raw = type.toClass();
		boolean isEnd = index == key.getNumberOfElements();
		if (raw.isRecord()) {
			String name = isEnd ? "" : key.getElement(index, ConfigurationPropertyName.Form.UNIFORM);
			for (RecordComponent component : raw.getRecordComponents()) {
				if (component.getName().equalsIgnoreCase(name)) {
					return misfit(ResolvableType.forType(component.getGenericType()), key, index + 1);
				}
			}
			return isEnd ? StrictBinder.KEYS : UNKNOWN;
		}
		if (isEnd) {
			return null;
		}
		if (raw == Map.class) {
			// A name in a map of plain values may have dots.
			String misfit = type.getGeneric(1).toClass().isRecord() ? misfit(type.getGeneric(1), key, index + 1) : null;
			return UNKNOWN.equals(misfit) ? "is not a setting of the bridge: is it misspelt?" : misfit;
		}
		if (raw == List.class && key.isNumericIndex(index) && index + 1 == key.getNumberOfElements()) {
			return null;
		}
		return "has no place there: " + key.chop(index) + " takes " + ((raw == List.class) ? "a list" : "one value");
	}

	private static String prefix(Class<?> type) {
		return AnnotatedElementUtils.findMergedAnnotation(type, ConfigurationProperties.class).prefix();
	}

}
