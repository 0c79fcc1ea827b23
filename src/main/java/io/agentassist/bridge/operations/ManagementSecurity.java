package io.agentassist.bridge.operations;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.annotation.Qualifier;
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
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.RequestAuthorizationContext;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.security.web.authentication.SimpleUrlAuthenticationFailureHandler;
import org.springframework.security.web.authentication.UsernamePasswordAuthenticationFilter;
import org.springframework.security.web.authentication.WebAuthenticationDetails;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;
import org.springframework.security.web.csrf.CsrfTokenRequestAttributeHandler;
import org.springframework.security.web.savedrequest.NullRequestCache;
import org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Access control of the management port. Health and metrics are open; everything else
 * needs the login {@code viewer} (read only) or {@code operator} (may also act). Browsers
 * log in with a form, other clients with Basic authentication. Without any password the
 * console is off, and the rest is for callers on this host. Nothing is kept of a request
 * before it has logged in: sessions of strangers would fill the memory. The API port has
 * none of this: it does its own authentication, and a filter chain there would cost every
 * request.
 */
@Configuration(proxyBeanMethods = false)
class ManagementSecurity {

	/** Role that may look. */
	static final String VIEWER = "VIEWER";

	/** Role that may also act. */
	static final String OPERATOR = "OPERATOR";

	private static final Set<String> NAMES = Set.of("operator", "viewer");

	private static final Set<String> THIS_HOST = Set.of("localhost", "127.0.0.1", "[::1]");

	private static final Logger log = LoggerFactory.getLogger(ManagementSecurity.class);

	private final LogIns logIns;

	ManagementSecurity(LogIns logIns) {
		this.logIns = logIns;
	}

	/**
	 * Boot would register any filter bean on the API port. See {@link ManagementFilters}.
	 */
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
		if (this.logIns.operator().isSet()) {
			users.createUser(User.withUsername("operator")
				.password("{noop}" + this.logIns.operator().password())
				.roles(OPERATOR, VIEWER)
				.build());
		}
		if (this.logIns.viewer().isSet()) {
			users.createUser(User.withUsername("viewer")
				.password("{noop}" + this.logIns.viewer().password())
				.roles(VIEWER)
				.build());
		}
		return users;
	}

	@Bean
	SecurityFilterChain managementPort(HttpSecurity http) throws Exception {
		return isAnyoneKnown() ? withLogIns(http) : withoutLogIns(http);
	}

	/**
	 * Logs attempts to guess passwords, but only known names, as the field may hold a
	 * password by mistake.
	 */
	@EventListener
	void logInFailed(AbstractAuthenticationFailureEvent failure) {
		Authentication caller = failure.getAuthentication();
		log.warn("Log-in as '{}' to the management port refused ({})",
				NAMES.contains(caller.getName()) ? caller.getName() : "someone unknown", address(caller));
	}

	/** Only the address, as the details include the session's id. */
	private static String address(Authentication caller) {
		return (caller.getDetails() instanceof WebAuthenticationDetails details) ? details.getRemoteAddress()
				: "address unknown";
	}

	private boolean isAnyoneKnown() {
		return this.logIns.operator().isSet() || this.logIns.viewer().isSet();
	}

	private SecurityFilterChain withLogIns(HttpSecurity http) throws Exception {
		CookieCsrfTokenRepository csrfCookie = CookieCsrfTokenRepository.withHttpOnlyFalse();
		csrfCookie.setCookieCustomizer((cookie) -> cookie.sameSite("Strict"));
		CsrfTokenRequestAttributeHandler csrfHeader = new CsrfTokenRequestAttributeHandler();
		// Hawtio's scripts read the token from the cookie, so it must be set from the
		// first answer on.
		csrfHeader.setCsrfRequestAttributeName(null);
		SimpleUrlAuthenticationFailureHandler refusal = new SimpleUrlAuthenticationFailureHandler("/login?error");
		refusal.setAllowSessionCreation(false);
		return http.authorizeHttpRequests((requests) -> requests.requestMatchers(open())
			.permitAll()
			// RoleRestrictor decides what a viewer may call.
			.requestMatchers(path("/actuator/jolokia/**"), path("/actuator/hawtio/**"),
					PathPatternRequestMatcher.withDefaults().matcher(HttpMethod.GET, "/**"))
			.hasRole(VIEWER)
			.anyRequest()
			.hasRole(OPERATOR))
			.formLogin((login) -> login.defaultSuccessUrl("/actuator/hawtio")
				// Not by failureHandler(), with which there is no page for a refused
				// log-in.
				.addObjectPostProcessor(new ObjectPostProcessor<UsernamePasswordAuthenticationFilter>() {
					@Override
					public <F extends UsernamePasswordAuthenticationFilter> F postProcess(F filter) {
						filter.setAuthenticationFailureHandler(refusal);
						return filter;
					}
				}))
			.requestCache((cache) -> cache.requestCache(new NullRequestCache()))
			.logout(Customizer.withDefaults())
			// No challenge, so that no browser stores the password and sends it along
			// with what other sites make it post.
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
			.requestCache((cache) -> cache.requestCache(new NullRequestCache()))
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
	 * Allows requests from this host, but not from a page in a browser: such a request
	 * has an Origin header or, if the page's host name is made to resolve to 127.0.0.1,
	 * that host name.
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
