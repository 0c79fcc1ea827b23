package io.agentassist.bridge.settings;

import java.util.Arrays;
import java.util.function.Supplier;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.annotation.AnnotatedElementUtils;

/**
 * A record of settings that can change while the bridge runs. Users fetch the current
 * record each time they need it; components marked {@link ReadAtStart} are taken from the
 * record of the start instead. Thread safe.
 *
 * @param <T> the record of the settings
 */
public final class LiveSettings<T extends Record> implements Supplier<T> {

	private volatile T current;

	/**
	 * Creates the holder.
	 * @param atStart the settings of the start
	 */
	public LiveSettings(T atStart) {
		this.current = atStart;
	}

	/** The settings as they are now. */
	@Override
	public T get() {
		return this.current;
	}

	/**
	 * Changes the settings.
	 * @param settings valid ones, of the same record
	 */
	@SuppressWarnings("unchecked")
	public void set(Record settings) {
		this.current = (T) type().cast(settings);
	}

	/**
	 * The type of the record.
	 * @return its class
	 */
	public Class<?> type() {
		return this.current.getClass();
	}

	/**
	 * Whether a key is one of these settings and takes effect at once.
	 * @param key for example {@code agentassist.ranking.skill-weight}
	 * @return false also for settings read only at the start, and for unknown keys
	 */
	public boolean isLive(ConfigurationPropertyName key) {
		ConfigurationPropertyName prefix = ConfigurationPropertyName
			.of(AnnotatedElementUtils.findMergedAnnotation(type(), ConfigurationProperties.class).prefix());
		if (!prefix.isAncestorOf(key)) {
			return false;
		}
		String name = key.getElement(prefix.getNumberOfElements(), ConfigurationPropertyName.Form.UNIFORM);
		return Arrays.stream(type().getRecordComponents())
			.anyMatch((component) -> component.getName().equalsIgnoreCase(name)
					&& !component.isAnnotationPresent(ReadAtStart.class));
	}

}
