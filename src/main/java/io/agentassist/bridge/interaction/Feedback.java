package io.agentassist.bridge.interaction;

import java.util.Locale;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import io.agentassist.bridge.suggestion.Identifier;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;

/**
 * The body of {@code POST /agentassist/feedback}.
 *
 * @param requestId the suggestion request
 * @param suggestionId the suggestion
 * @param action what the agent did with it
 * @param agentId the agent; null, also for an empty id, stands for the agent of the
 * request
 */
public record Feedback(
		@JsonAlias("requestId") @NotBlank(message = "Request ID is required.") @Identifier String requestId,
		@JsonAlias("suggestionId") @NotBlank(message = "Suggestion ID is required.") @Identifier String suggestionId,
		@NotNull(message = "Action is required.") Action action, @JsonAlias("agentId") @Identifier String agentId) {

	public Feedback {
		agentId = "".equals(agentId) ? null : agentId;
	}

	/** What an agent can do with a suggestion. */
	public enum Action {

		/** Used the suggestion. */
		ACCEPTED,
		/** Dismissed it. */
		DISMISSED,
		/** Copied its text. */
		COPIED,
		/** Opened it. */
		OPENED;

		/**
		 * The word for it in JSON.
		 * @return the word, lower case
		 */
		@JsonValue
		public String text() {
			return name().toLowerCase(Locale.ROOT);
		}

		/** Jackson would trim the word, and take a number for an action's place. */
		@JsonCreator(mode = JsonCreator.Mode.DELEGATING)
		static Action of(String text) throws InvalidFormatException {
			return Stream.of(values())
				.filter((action) -> action.text().equals(text))
				.findFirst()
				.orElseThrow(() -> InvalidFormatException.from(null, "No such action", text, Action.class));
		}

	}

}
