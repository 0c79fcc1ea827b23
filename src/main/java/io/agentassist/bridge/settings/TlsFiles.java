package io.agentassist.bridge.settings;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The certificates and keys of the profiles {@code tls} and {@code mutual-tls}. They are
 * read at the start as Spring Boot will read them, so that a wrong one is reported like
 * any other wrong setting. Not at edits: while they are replaced, they may not fit.
 */
public final class TlsFiles {

	private static final String BUNDLES = "spring.ssl.bundle.pem";

	private TlsFiles() {
	}

	/**
	 * Reads the files.
	 * @param environment the environment with the settings
	 * @return what is wrong, by key; empty if nothing is
	 */
	public static Map<String, String> problems(ConfigurableEnvironment environment) {
		Map<String, String> problems = new TreeMap<>();
		Binder.get(environment)
			.bind(BUNDLES, Bindable.mapOf(String.class, PemSslBundleProperties.class))
			.ifBound((bundles) -> bundles.forEach((name, bundle) -> {
				String problem = problem(bundle);
				if (problem != null) {
					problems.put(BUNDLES + "." + name, problem);
				}
			}));
		return problems;
	}

	private static String problem(PemSslBundleProperties bundle) {
		if (Stream
			.of(bundle.getKeystore().getCertificate(), bundle.getKeystore().getPrivateKey(),
					bundle.getTruststore().getCertificate())
			.anyMatch((file) -> file != null && file.startsWith("file:") && file.contains("-----BEGIN"))) {
			return "must name files, not hold what is in them";
		}
		try {
			SslStoreBundle stores = PropertiesSslBundle.get(bundle).getStores();
			stores.getKeyStore();
			stores.getTrustStore();
			return null;
		}
		// Besides those of Spring, those of the JDK for wrong keys.
		catch (RuntimeException ex) {
			Throwable cause = NestedExceptionUtils.getMostSpecificCause(ex);
			return "cannot be used: " + ex.getMessage() + ((cause != ex) ? " (" + cause.getMessage() + ")" : "");
		}
	}

}
