package io.agentassist.bridge.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a setting that is read only at the start: a change takes effect at a restart. All
 * others in a record held by {@link LiveSettings} take effect at once.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface ReadAtStart {

}
