package io.agentassist.bridge.sandbox;

import java.io.IOException;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;

import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Breaks the connection in place of an answer whose status a route has set to
 * {@value #NO_RESPONSE}, since a route cannot do that itself.
 */
@Component
@Profile("sandbox")
class ConnectionReset extends ValveBase implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

	private static final int NO_RESPONSE = 444;

	ConnectionReset() {
		super(true);
	}

	@Override
	public void customize(TomcatServletWebServerFactory factory) {
		factory.addContextValves(this);
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		getNext().invoke(request, response);
		if (response.getStatus() == NO_RESPONSE) {
			response.getCoyoteResponse().action(ActionCode.CLOSE_NOW, null);
		}
	}

}
