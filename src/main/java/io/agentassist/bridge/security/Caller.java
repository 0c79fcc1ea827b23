package io.agentassist.bridge.security;

import java.util.Set;

import io.github.resilience4j.ratelimiter.RateLimiter;

/**
 * A caller of the API.
 *
 * @param tenant tenant whose conversations the caller may see; empty if the site has only
 * one
 * @param organisations organisations at the provider that the caller may use; null if
 * only its tenant decides
 * @param scopes what the caller may do
 * @param rate the caller's rate limiter
 */
record Caller(String tenant, Set<String> organisations, Set<Scope> scopes, RateLimiter rate) {
}
