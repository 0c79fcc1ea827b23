package io.agentassist.bridge.desktop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.agentassist.bridge.security.ApiProperties;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Serves the agent panel: a page, its script and its style. They hold no data, so anyone
 * may fetch them. A controller, because the configuration of a resource handler would
 * apply to the management port, too.
 */
@RestController
class PanelController {

	private static final MediaType SCRIPT = new MediaType("text", "javascript", StandardCharsets.UTF_8);

	private static final MediaType STYLE = new MediaType("text", "css", StandardCharsets.UTF_8);

	private static final MediaType PAGE = new MediaType(MediaType.TEXT_HTML, StandardCharsets.UTF_8);

	private final String contentSecurityPolicy;

	PanelController(ApiProperties api) {
		this.contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
				+ "base-uri 'none'; form-action 'none'; frame-ancestors " + embedders(api.corsOrigins());
	}

	@GetMapping("/")
	ResponseEntity<byte[]> page(HttpServletResponse response) throws IOException {
		return file("index.html", PAGE, response);
	}

	@GetMapping("/panel/panel.js")
	ResponseEntity<byte[]> script(HttpServletResponse response) throws IOException {
		return file("panel.js", SCRIPT, response);
	}

	@GetMapping("/panel/panel.css")
	ResponseEntity<byte[]> style(HttpServletResponse response) throws IOException {
		return file("panel.css", STYLE, response);
	}

	private ResponseEntity<byte[]> file(String name, MediaType type, HttpServletResponse response) throws IOException {
		// A ResponseEntity would add this policy to the one from ResponseGuard, and both
		// would apply.
		response.setHeader("Content-Security-Policy", this.contentSecurityPolicy);
		response.setHeader("Referrer-Policy", "no-referrer");
		return ResponseEntity.ok()
			.contentType(type)
			.body(new ClassPathResource("static/panel/" + name).getContentAsByteArray());
	}

	/** Origins whose pages may call the API may also embed the panel. */
	private static String embedders(List<String> origins) {
		return origins.isEmpty() ? "'self'" : "'self' " + String.join(" ", origins);
	}

}
