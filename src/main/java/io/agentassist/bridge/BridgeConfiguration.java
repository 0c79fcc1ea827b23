package io.agentassist.bridge;

import java.time.Clock;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.type.LogicalType;

import org.springframework.boot.autoconfigure.jackson.Jackson2ObjectMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Beans that all features share. */
@Configuration(proxyBeanMethods = false)
class BridgeConfiguration {

	/**
	 * Far above any message of the contract. Strings are bounded only by the size of the
	 * body.
	 */
	private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
		.maxNestingDepth(50)
		.maxNameLength(1000)
		.maxNumberLength(100)
		.maxTokenCount(20_000)
		.build();

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

	/**
	 * JSON as the contract defines it; set in code, because it is not for a site to
	 * change.
	 */
	@Bean
	Jackson2ObjectMapperBuilderCustomizer contractJson() {
		return (builder) -> builder.factory(new JsonFactoryBuilder().streamReadConstraints(LIMITS)
			// Nobody knows which of two values is meant. Besides, Jackson cannot set a
			// field of a record that is complete.
			.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
			.build())
			.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
			.featuresToEnable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
					// A number in a suggestion leaves exactly as it arrived.
					DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
			// A number or a boolean is not accepted as text.
			.postConfigurer((mapper) -> mapper.configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false)
				.coercionConfigFor(LogicalType.Textual)
				.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
				.setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
				.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
			// Nor is a number or text as a boolean.
			.postConfigurer((mapper) -> mapper.coercionConfigFor(LogicalType.Boolean)
				.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
				.setCoercion(CoercionInputShape.String, CoercionAction.Fail)
				.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail));
	}

}
