package io.agentassist.bridge.settings;

import java.util.Map;

import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;
import org.springframework.stereotype.Component;

/**
 * Takes a map that is left blank for an empty one: what remains of {@code organisations:}
 * once the last of them is commented out. Of other texts it makes nothing rather than an
 * error, as Camel tries each converter of Spring on messages; {@link StrictBinder}
 * refuses them.
 */
@Component
@ConfigurationPropertiesBinding
class BlankMap implements Converter<String, Map<?, ?>> {

	@Override
	public Map<?, ?> convert(String text) {
		return text.isBlank() ? Map.of() : null;
	}

}
