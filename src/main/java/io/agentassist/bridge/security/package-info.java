/** Access to the API: authentication, scopes, rate limits and CORS. */
package io.agentassist.bridge.security;
