package io.agentassist.bridge.security;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.boot.context.event.ApplicationContextInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Makes the folders of the embedded database and of the audit log, and the database's
 * file, before anyone else does: H2 would leave them open to every user of the host.
 */
class DataFolders implements ApplicationListener<ApplicationContextInitializedEvent> {

	private static final Pattern H2_FILE = Pattern.compile("jdbc:h2:file:([^~;][^;]*).*");

	@Override
	public void onApplicationEvent(ApplicationContextInitializedEvent event) {
		Environment environment = event.getApplicationContext().getEnvironment();
		try {
			OwnerOnly.createFolder(Path.of(environment.getRequiredProperty("agentassist.audit.directory")));
			Matcher database = H2_FILE.matcher(environment.getProperty("spring.datasource.url", ""));
			if (database.matches()) {
				Path file = Path.of(database.group(1) + ".mv.db").toAbsolutePath();
				OwnerOnly.createFolder(file.getParent());
				OwnerOnly.createFile(file);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The data folders cannot be made: " + ex.getMessage(), ex);
		}
	}

}
