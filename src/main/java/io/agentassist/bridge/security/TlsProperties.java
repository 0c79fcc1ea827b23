package io.agentassist.bridge.security;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

import io.agentassist.bridge.settings.InvalidSettingException;
import io.agentassist.bridge.settings.NamesFiles;

import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.ssl.pem.PemContent;

/**
 * PEM files of the profiles {@code tls} and {@code mutual-tls}, which hand them to Spring
 * Boot. They are read here only to report a wrong one like any other wrong setting.
 *
 * @param certificate the certificate with its chain; null without the profile
 * @param privateKey its key
 * @param clientCa the authorities of client certificates; null without the profile
 */
@ConfigurationProperties("agentassist.tls")
record TlsProperties(Path certificate, Path privateKey, Path clientCa) implements NamesFiles {

	@Override
	public void checkFiles() {
		check("certificate", this.certificate, PemContent::getCertificates);
		check("private-key", this.privateKey, PemContent::getPrivateKey);
		check("client-ca", this.clientCa, PemContent::getCertificates);
		if (this.certificate != null && this.privateKey != null) {
			PemSslBundleProperties bundle = new PemSslBundleProperties();
			bundle.getKeystore().setCertificate("file:" + this.certificate);
			bundle.getKeystore().setPrivateKey("file:" + this.privateKey);
			bundle.getKeystore().setVerifyKeys(true);
			use("private-key", () -> PropertiesSslBundle.get(bundle));
		}
	}

	private static void check(String name, Path file, Consumer<PemContent> content) {
		if (file == null) {
			return;
		}
		try {
			PemContent pem = PemContent.load(file);
			use(name, () -> content.accept(pem));
		}
		catch (IOException ex) {
			throw new InvalidSettingException("agentassist.tls." + name,
					"names a file that cannot be read: " + ex.getClass().getSimpleName() + ": " + ex.getMessage());
		}
	}

	private static void use(String name, Runnable use) {
		try {
			use.run();
		}
		catch (IllegalStateException ex) {
			throw new InvalidSettingException("agentassist.tls." + name,
					"names a file that cannot be used: " + ex.getMessage());
		}
	}

}
