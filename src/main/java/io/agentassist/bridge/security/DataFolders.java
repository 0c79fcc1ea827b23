package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.agentassist.bridge.settings.SettingsException;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.context.event.ApplicationContextInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Creates the folders of the embedded database and the audit log, and the database's
 * file, before anything else does: H2 would leave them readable for every user of the
 * host.
 */
public class DataFolders implements ApplicationListener<ApplicationContextInitializedEvent> {

	/** The URL of a database in a file; the group is the file, without its extension. */
	public static final Pattern H2_FILE = Pattern.compile("jdbc:h2:file:([^~;][^;]*).*");

	@Override
	public void onApplicationEvent(ApplicationContextInitializedEvent event) {
		if (event.getSpringApplication().getWebApplicationType() == WebApplicationType.NONE) {
			// A command, which must not need, or own, the folders of the bridge.
			return;
		}
		Environment environment = event.getApplicationContext().getEnvironment();
		String key = "agentassist.audit.directory";
		try {
			OwnerOnly.createFolder(Path.of(environment.getRequiredProperty(key)));
			key = "spring.datasource.url";
			Matcher database = H2_FILE.matcher(environment.getProperty(key, ""));
			if (database.matches()) {
				Path file = Path.of(database.group(1) + ".mv.db").toAbsolutePath();
				OwnerOnly.createFolder(file.getParent());
				OwnerOnly.createFile(file);
			}
		}
		catch (IOException ex) {
			throw new SettingsException("Invalid settings",
					List.of("'" + key + "' names a folder that cannot be created: " + ex));
		}
	}

}
