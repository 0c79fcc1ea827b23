package io.agentassist.bridge.suggestion;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonAlias;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import org.hibernate.validator.constraints.CodePointLength;

/**
 * The body of {@code POST /agentassist/suggestions}. Where the tutorial has a message, it
 * is used.
 *
 * @param conversationId the conversation of the transcript
 * @param transcript what was said so far; passed on to the provider, never stored
 * @param knowledgeSourceIds where the provider should look, 1 to 10 ids
 * @param agentSkills the agent's skills, for ranking; never null
 * @param agentId the agent, for the record; null if none is named or the id is empty
 * @param callbackUrl where the provider should send its answer; null for our own URL
 * @param isAsync whether the provider may answer later; never null
 */
public record SuggestionRequest(
		@JsonAlias("conversationId") @NotBlank(
				message = "Conversation ID is required.") @Identifier String conversationId,
		@NotNull(message = "Transcript is required.") @Pattern(regexp = NOT_BLANK,
				message = "Transcript is required.") @CodePointLength(max = 5000,
						message = "Transcript exceeds maximum character limit of 5000.") String transcript,
		@JsonAlias("knowledgeSourceIds") @NotEmpty(message = "At least one knowledge source ID is required.") @Size(
				max = 10,
				message = "Maximum of 10 knowledge source IDs allowed per request.") List<@NotBlank(
						message = "A knowledge source ID must not be blank.") @Identifier String> knowledgeSourceIds,
		@JsonAlias("agentSkills") @Size(max = 100,
				message = "Maximum of 100 agent skills allowed per request.") List<@NotBlank(
						message = "An agent skill must not be blank.") @Identifier String> agentSkills,
		@JsonAlias("agentId") @Identifier String agentId, @JsonAlias("callbackUrl") String callbackUrl,
		@JsonAlias("isAsync") Boolean isAsync) {

	/** Unlike {@code @NotBlank}, this recognises Unicode blanks. */
	private static final String NOT_BLANK = "(?sU).*\\S.*";

	public SuggestionRequest {
		agentId = "".equals(agentId) ? null : agentId;
		agentSkills = (agentSkills != null) ? agentSkills : List.of();
		isAsync = (isAsync != null) ? isAsync : Boolean.TRUE;
	}

	/**
	 * Omits the transcript, because a failing step of a route quotes what it failed on.
	 */
	@Override
	public String toString() {
		return "SuggestionRequest[conversationId=" + this.conversationId + "]";
	}

}
