package io.agentassist.bridge.suggestion;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import jakarta.validation.Constraint;
import jakarta.validation.Payload;
import jakarta.validation.ReportAsSingleViolation;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

/**
 * An id from outside: at most 200 characters, without control characters or unpaired
 * surrogates, so that it fits its column in every database and cannot break a log line.
 * Null is valid.
 */
@Documented
@Constraint(validatedBy = {})
@Size(max = Identifier.MAX_LENGTH)
@Pattern(regexp = "[^\\p{Cc}\\p{Cs}]*")
@ReportAsSingleViolation
@Target({ ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE_USE })
@Retention(RetentionPolicy.RUNTIME)
public @interface Identifier {

	/**
	 * Maximum length in UTF-16 characters, which is how H2 counts those of a column; an
	 * emoji is two. The columns of the schema have the same width.
	 */
	int MAX_LENGTH = 200;

	/**
	 * What is wrong.
	 * @return the message of a violation
	 */
	String message() default "Must have at most 200 characters and no control characters.";

	/**
	 * Validation groups, not used.
	 * @return none
	 */
	Class<?>[] groups() default {};

	/**
	 * Payload, not used.
	 * @return none
	 */
	Class<? extends Payload>[] payload() default {};

}
