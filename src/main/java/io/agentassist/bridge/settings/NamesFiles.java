package io.agentassist.bridge.settings;

/**
 * Settings that name files which must be valid before anything runs. They are checked
 * before the start opens anything, and before an edit of settings is applied.
 */
public interface NamesFiles {

	/**
	 * Checks the files.
	 * @throws InvalidSettingException if one cannot be used
	 */
	void checkFiles();

}
