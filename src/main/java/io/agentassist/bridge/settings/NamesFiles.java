package io.agentassist.bridge.settings;

/**
 * Settings that name files which have to be right before anything runs. They are looked
 * at before the start opens anything, and before an edit of settings is taken.
 */
public interface NamesFiles {

	/**
	 * Looks at the files.
	 * @throws InvalidSettingException when one cannot be used
	 */
	void checkFiles();

}
