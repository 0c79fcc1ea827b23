/**
 * Load tests of the packaged jar, driven from outside, over HTTP only.
 */
package io.agentassist.bridge.bench;
