package io.agentassist.bridge.security;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.util.concurrent.atomic.AtomicBoolean;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSetCacheRefreshEvaluator;
import com.nimbusds.jose.jwk.source.JWKSetRetrievalException;
import com.nimbusds.jose.jwk.source.JWKSetSource;
import com.nimbusds.jose.jwk.source.URLBasedJWKSetSource;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.ResourceRetriever;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.core.NestedExceptionUtils;

/**
 * The public keys of the identity provider, fetched from the configured address, or from
 * the one the issuer publishes (OpenID Connect Discovery). The sources wrapped around it
 * limit how often it fetches.
 */
class IssuerKeys implements JWKSetSource<SecurityContext> {

	private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

	private static final int FETCH_TIMEOUT_MILLIS = 2000;

	private static final int MAX_FETCHED_BYTES = 256 * 1024;

	private final ResourceRetriever retriever = new DirectRetriever();

	private final ApiProperties.Jwt settings;

	private final ObjectMapper json;

	/** Null until the address is known. */
	private volatile JWKSetSource<SecurityContext> source;

	private final AtomicBoolean failing = new AtomicBoolean();

	IssuerKeys(ApiProperties.Jwt settings, ObjectMapper json) {
		this.settings = settings;
		this.json = json;
	}

	@Override
	public JWKSet getJWKSet(JWKSetCacheRefreshEvaluator refresh, long now, SecurityContext context)
			throws KeySourceException {
		try {
			if (this.source == null) {
				this.source = new URLBasedJWKSetSource<>(address(), this.retriever);
			}
			JWKSet keys = this.source.getJWKSet(refresh, now, context);
			if (this.failing.getAndSet(false)) {
				log.info("The keys of the issuer of tokens can be fetched again");
			}
			return keys;
		}
		catch (KeySourceException ex) {
			report(ex);
			throw ex;
		}
		catch (IOException | IllegalArgumentException ex) {
			report(ex);
			throw new JWKSetRetrievalException("The location of the issuer's keys is unknown: " + ex.getMessage(), ex);
		}
	}

	/** Once, as the callers' log lines do not tell the cause. */
	private void report(Exception failure) {
		if (!this.failing.getAndSet(true)) {
			String asked = (this.settings.jwkSetUri() != null) ? this.settings.jwkSetUri().getHost()
					: this.settings.issuer();
			Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
			log.warn("The keys of the issuer of tokens cannot be fetched, {} was asked ({}: {})", asked,
					cause.getClass().getSimpleName(), cause.getMessage());
		}
	}

	/** Whether no fetch of the keys has failed since the last that succeeded. */
	boolean areReachable() {
		return !this.failing.get();
	}

	private URL address() throws IOException {
		if (this.settings.jwkSetUri() != null) {
			return this.settings.jwkSetUri().toURL();
		}
		String issuer = this.settings.issuer();
		URL discovery = URI.create(issuer.replaceAll("/$", "") + "/.well-known/openid-configuration").toURL();
		JsonNode configuration = this.json.readTree(this.retriever.retrieveResource(discovery).getContent());
		if (!issuer.equals(configuration.path("issuer").asText())) {
			throw new IOException("the discovery document is another issuer's");
		}
		URI keys = URI.create(configuration.path("jwks_uri").asText());
		if (!"https".equalsIgnoreCase(keys.getScheme())
				&& !discovery.getProtocol().equalsIgnoreCase(keys.getScheme())) {
			throw new IOException("the discovery document names keys that are not at an https:// address");
		}
		return keys.toURL();
	}

	@Override
	public void close() {
		// Nothing stays open between two fetches.
	}

	/** Follows no redirects, which would lead past the check of the settings' URLs. */
	private static final class DirectRetriever extends DefaultResourceRetriever {

		DirectRetriever() {
			super(FETCH_TIMEOUT_MILLIS, FETCH_TIMEOUT_MILLIS, MAX_FETCHED_BYTES);
		}

		@Override
		protected HttpURLConnection openHTTPConnection(URL url) throws IOException {
			HttpURLConnection connection = super.openHTTPConnection(url);
			connection.setInstanceFollowRedirects(false);
			return connection;
		}

	}

}
