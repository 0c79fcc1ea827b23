/**
 * Access to the API: authentication, scopes, rate limits and CORS; and to the files that
 * the bridge writes.
 */
package io.agentassist.bridge.security;
