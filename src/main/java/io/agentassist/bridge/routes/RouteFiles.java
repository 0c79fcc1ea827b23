package io.agentassist.bridge.routes;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

import org.apache.camel.impl.engine.DefaultResourceResolvers;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;

/**
 * Resolves {@code file:} resources. Those in the folder of the routes are read from the
 * set in use, like its routes, as the folder may hold a rejected edit. Thread safe.
 */
class RouteFiles extends DefaultResourceResolvers.FileResolver {

	/** The name under which Camel looks for a custom resolver. */
	static final String BEAN_NAME = "resource-loader-file";

	private final Path folder;

	private volatile Map<String, String> texts = Map.of();

	RouteFiles(Path folder) {
		this.folder = folder.toAbsolutePath().normalize();
	}

	/** Uses the files of this set from now on. */
	void use(RouteSet set) {
		this.texts = set.files();
	}

	@Override
	public Resource createResource(String location, String remaining) {
		String text = this.texts.get(nameInFolder(remaining));
		return (text != null) ? ResourceHelper.fromBytes(location, text.getBytes(StandardCharsets.UTF_8))
				: super.createResource(location, remaining);
	}

	private String nameInFolder(String path) {
		try {
			Path file = Path.of(path.replaceFirst("^file:", "")).toAbsolutePath().normalize();
			return file.startsWith(this.folder) ? this.folder.relativize(file).toString().replace('\\', '/') : "";
		}
		catch (InvalidPathException ex) {
			return "";
		}
	}

}
