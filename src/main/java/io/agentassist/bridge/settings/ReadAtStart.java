package io.agentassist.bridge.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says that a setting is read at the start only: a change takes effect at a restart. All
 * others of a record that is held by {@link LiveSettings} are in force at once.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface ReadAtStart {

}
