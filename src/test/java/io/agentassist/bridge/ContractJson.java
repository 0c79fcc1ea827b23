package io.agentassist.bridge;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.callback.CallbackParser;
import io.agentassist.bridge.http.BodyText;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.http.converter.json.Jackson2ObjectMapperBuilder;

/** The application's JSON, without an application. */
public final class ContractJson {

	private ContractJson() {
	}

	/**
	 * Makes a mapper with the limits and rules of the application's.
	 * @return a new mapper
	 */
	public static ObjectMapper mapper() {
		Jackson2ObjectMapperBuilder builder = new Jackson2ObjectMapperBuilder();
		new BridgeConfiguration().contractJson().customize(builder);
		return builder.build();
	}

	/**
	 * Makes the reader of the provider's JSON.
	 * @return a new one
	 */
	public static CallbackParser callbackParser() {
		try (AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext()) {
			beans.registerBean(ObjectMapper.class, ContractJson::mapper);
			beans.register(CallbackParser.class, BodyText.class);
			beans.refresh();
			return beans.getBean(CallbackParser.class);
		}
	}

}
