package io.agentassist.bridge.security;

import java.util.Set;

import io.github.resilience4j.ratelimiter.RateLimiter;

/**
 * Who calls the API.
 *
 * @param tenant whose conversations the caller may see, empty where a site has but one
 * @param organisations which organisations at the provider the caller may ask; null where
 * only its tenant says it
 * @param scopes what the caller may do
 * @param rate how often
 */
record Caller(String tenant, Set<String> organisations, Set<Scope> scopes, RateLimiter rate) {
}
