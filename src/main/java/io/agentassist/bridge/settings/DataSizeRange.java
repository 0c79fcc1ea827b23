package io.agentassist.bridge.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;

import org.springframework.util.unit.DataSize;

/** A {@link DataSize} that is neither too small nor too large; null is valid. */
@Constraint(validatedBy = DataSizeRange.Validator.class)
@Target(ElementType.FIELD)
@Retention(RetentionPolicy.RUNTIME)
public @interface DataSizeRange {

	/**
	 * The smallest size.
	 * @return for example {@code 1KB}
	 */
	String min();

	/**
	 * The largest size.
	 * @return for example {@code 1GB}
	 */
	String max();

	/**
	 * What a size has to be.
	 * @return the message
	 */
	String message() default "must be from {min} to {max}";

	/**
	 * Required by Bean Validation.
	 * @return none
	 */
	Class<?>[] groups() default {};

	/**
	 * Required by Bean Validation.
	 * @return none
	 */
	Class<? extends Payload>[] payload() default {};

	/** Compares sizes. */
	final class Validator implements ConstraintValidator<DataSizeRange, DataSize> {

		private DataSize min;

		private DataSize max;

		@Override
		public void initialize(DataSizeRange range) {
			this.min = DataSize.parse(range.min());
			this.max = DataSize.parse(range.max());
		}

		@Override
		public boolean isValid(DataSize size, ConstraintValidatorContext context) {
			return size == null || (size.compareTo(this.min) >= 0 && size.compareTo(this.max) <= 0);
		}

	}

}
