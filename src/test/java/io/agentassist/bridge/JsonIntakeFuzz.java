package io.agentassist.bridge;

import java.io.IOException;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.callback.Callback;
import io.agentassist.bridge.callback.CallbackParser;
import io.agentassist.bridge.callback.InvalidCallbackException;
import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.failure.UnexpectedFailures;
import io.agentassist.bridge.http.BodyText;
import io.agentassist.bridge.interaction.Feedback;
import io.agentassist.bridge.suggestion.SuggestionRequest;
import jakarta.validation.Validator;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.validation.beanvalidation.LocalValidatorFactoryBean;

/**
 * Fuzzed: the bodies that come in, as requests, feedback and callbacks. Whatever the
 * bytes, they are read, or refused with a 400 that shows nothing of what is inside.
 */
public final class JsonIntakeFuzz {

	private static final ObjectMapper JSON = ContractJson.mapper();

	private static final AnnotationConfigApplicationContext BEANS = beans();

	private static final BodyText BODY_TEXT = new BodyText();

	private static final CallbackParser CALLBACKS = ContractJson.callbackParser();

	private static final ProblemTranslator PROBLEMS = BEANS.getBean(ProblemTranslator.class);

	/** Nothing of the contents is in it. */
	private static final Pattern REASON = Pattern
		.compile("not JSON, line \\d+, column \\d+|not UTF-8|no JSON object, or an empty one|suggestions is not a list"
				+ "|a suggestion is not an object|An exponent with too many digits|Unpaired surrogate"
				+ "|[A-Z][a-z ]+ \\(\\d+\\) exceeds the maximum allowed \\(\\d+, from `StreamReadConstraints\\.\\w+\\(\\)`\\)");

	private static final Validator VALIDATOR = BEANS.getBean(Validator.class);

	private JsonIntakeFuzz() {
	}

	private static AnnotationConfigApplicationContext beans() {
		AnnotationConfigApplicationContext beans = new AnnotationConfigApplicationContext();
		beans.getBeanFactory()
			.setConversionService(org.springframework.boot.convert.ApplicationConversionService.getSharedInstance());
		beans.registerBean(ObjectMapper.class, () -> JSON);
		beans.register(UnexpectedFailures.class, ProblemTranslator.class, LocalValidatorFactoryBean.class);
		beans.refresh();
		return beans;
	}

	/**
	 * Loads all that it takes, before the clock of the first input runs.
	 * @throws IOException as an input
	 */
	public static void fuzzerInitialize() throws IOException {
		fuzzerTestOneInput(new byte[] { '{', '}' });
	}

	/**
	 * Takes one input.
	 * @param body the bytes of a body
	 * @throws IOException when a body that was taken cannot be written again
	 */
	public static void fuzzerTestOneInput(byte[] body) throws IOException {
		take(body, SuggestionRequest.class);
		take(body, Feedback.class);
		try {
			Callback callback = CALLBACKS.parse(body);
			check(callback.requestId().length() <= 200 && callback.status().length() <= 40, "a long text");
			check(callback.suggestions().toString().length() >= 2, "no suggestions");
		}
		catch (InvalidCallbackException ex) {
			check(REASON.matcher(ex.getMessage()).matches(), ex.getMessage());
		}
	}

	private static void take(byte[] body, Class<?> type) throws IOException {
		try {
			Object taken = JSON.readValue(BODY_TEXT.decode(body), type);
			if (taken != null && VALIDATOR.validate(taken).isEmpty()) {
				// What is valid can be passed on.
				check(JSON.readValue(JSON.writeValueAsBytes(taken), type).equals(taken), "not the same again");
			}
		}
		catch (IOException ex) {
			MockHttpServletResponse answer = new MockHttpServletResponse();
			PROBLEMS.write("POST", answer, ex);
			String text = answer.getContentAsString();
			if (answer.getStatus() != 400) {
				throw new AssertionError("status " + answer.getStatus(), ex);
			}
			check(!text.contains("Exception") && !text.contains("com.fasterxml") && !text.contains("java."), text);
		}
	}

	private static void check(boolean holds, String what) {
		if (!holds) {
			throw new AssertionError(what);
		}
	}

}
