package io.agentassist.bridge.operations;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.authentication.event.AbstractAuthenticationFailureEvent;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.util.StringUtils;

/**
 * Who may do what on the management port. Health and metrics are open, all else is for
 * the log-ins {@code viewer} (looks) and {@code operator} (also acts): browsers log in by
 * a form, others by Basic authentication. The port of the API has none of this: it
 * authenticates by itself, and a filter chain there would cost every request.
 */
@Configuration(proxyBeanMethods = false)
class ManagementSecurity {

	/** Role that looks. */
	static final String VIEWER = "VIEWER";

	/** Role that also acts. */
	static final String OPERATOR = "OPERATOR";

	private static final Set<String> NAMES = Set.of("operator", "viewer");

	private static final Set<String> THIS_HOST = Set.of("localhost", "127.0.0.1", "[::1]");

	private static final Logger log = LoggerFactory.getLogger(ManagementSecurity.class);

	private final String operatorPassword;

	private final String viewerPassword;

	ManagementSecurity(@Value("${agentassist.operator.password}") String operatorPassword,
			@Value("${agentassist.viewer.password}") String viewerPassword) {
		this.operatorPassword = operatorPassword;
		this.viewerPassword = viewerPassword;
	}

	/** Boot would: a bean that is a filter. See {@link ManagementSecurityFilter}. */
	@Bean
	FilterRegistrationBean<Filter> noSecurityFilterOnTheApiPort(
			@Qualifier("springSecurityFilterChain") Filter securityFilter) {
		FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(securityFilter);
		registration.setEnabled(false);
		return registration;
	}

	@Bean
	UserDetailsService operators() {
		InMemoryUserDetailsManager users = new InMemoryUserDetailsManager();
		if (StringUtils.hasText(this.operatorPassword)) {
			users.createUser(User.withUsername("operator")
				.password("{noop}" + this.operatorPassword)
				.roles(OPERATOR, VIEWER)
				.build());
		}
		if (StringUtils.hasText(this.viewerPassword)) {
			users
				.createUser(User.withUsername("viewer").password("{noop}" + this.viewerPassword).roles(VIEWER).build());
		}
		return users;
	}

	@Bean
	SecurityFilterChain managementPort(HttpSecurity http) throws Exception {
		return isAnyoneKnown() ? withLogIns(http) : withoutLogIns(http);
	}

	/** Who guesses passwords shows in the log, but not a password in the wrong field. */
	@EventListener
	void logInFailed(AbstractAuthenticationFailureEvent failure) {
		Authentication caller = failure.getAuthentication();
		log.warn("Log-in as '{}' to the management port refused ({})",
				NAMES.contains(caller.getName()) ? caller.getName() : "someone unknown", address(caller));
	}

	/** Not all of the details: there is a session's id in them. */
	private static String address(Authentication caller) {
		return (caller.getDetails() instanceof WebAuthenticationDetails details) ? details.getRemoteAddress()
				: "address unknown";
	}

	private boolean isAnyoneKnown() {
		return StringUtils.hasText(this.operatorPassword) || StringUtils.hasText(this.viewerPassword);
	}

	private SecurityFilterChain withLogIns(HttpSecurity http) throws Exception {
		CookieCsrfTokenRepository csrfCookie = CookieCsrfTokenRepository.withHttpOnlyFalse();
		csrfCookie.setCookieCustomizer((cookie) -> cookie.sameSite("Strict"));
		CsrfTokenRequestAttributeHandler csrfHeader = new CsrfTokenRequestAttributeHandler();
		// Hawtio's scripts take the token from the cookie: it has to be there from the
		// first answer on.
		csrfHeader.setCsrfRequestAttributeName(null);
		return http.authorizeHttpRequests((requests) -> requests.requestMatchers(open())
			.permitAll()
			// RoleRestrictor tells what a viewer may call.
			.requestMatchers(path("/actuator/jolokia/**"), path("/actuator/hawtio/**"),
					PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.GET, "/**"))
			.hasRole(VIEWER)
			.anyRequest()
			.hasRole(OPERATOR))
			.formLogin((login) -> login.defaultSuccessUrl("/actuator/hawtio"))
			.logout(Customizer.withDefaults())
			// Without a challenge, so that no browser keeps the password and sends it
			// with
			// what other sites make it post.
			.httpBasic((basic) -> basic.authenticationEntryPoint(new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED)))
			.csrf((csrf) -> csrf.csrfTokenRepository(csrfCookie)
				.csrfTokenRequestHandler(csrfHeader)
				.ignoringRequestMatchers((request) -> request.getHeader(HttpHeaders.AUTHORIZATION) != null))
			.build();
	}

	private SecurityFilterChain withoutLogIns(HttpSecurity http) throws Exception {
		log.warn("The console (Hawtio, Jolokia) is off: neither AGENTASSIST_OPERATOR_PASSWORD"
				+ " nor AGENTASSIST_VIEWER_PASSWORD is set");
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers(open())
				.permitAll()
				.requestMatchers(path("/actuator/jolokia/**"), path("/actuator/hawtio/**"))
				.denyAll()
				.anyRequest()
				.access(fromThisHost()))
			.exceptionHandling(
					(failures) -> failures.authenticationEntryPoint(new HttpStatusEntryPoint(HttpStatus.NOT_FOUND)))
			.csrf((csrf) -> csrf.disable())
			.build();
	}

	private static RequestMatcher[] open() {
		return new RequestMatcher[] { path("/actuator/health/**"), path("/actuator/prometheus") };
	}

	private static RequestMatcher path(String pattern) {
		return PathPatternRequestMatcher.withDefaults().matcher(pattern);
	}

	/**
	 * From this host, and by no page of a browser: what a page sends has its origin, or,
	 * where its host name turns into 127.0.0.1, that name.
	 */
	private static AuthorizationManager<RequestAuthorizationContext> fromThisHost() {
		return (caller, context) -> {
			try {
				HttpServletRequest request = context.getRequest();
				return new AuthorizationDecision(InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()
						&& THIS_HOST.contains(request.getServerName())
						&& request.getHeader(HttpHeaders.ORIGIN) == null);
			}
			catch (UnknownHostException ex) {
				return new AuthorizationDecision(false);
			}
		};
	}

}
