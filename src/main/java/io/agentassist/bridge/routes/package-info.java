/** The routes as a set of files that people edit: checked, pictured, applied live. */
package io.agentassist.bridge.routes;
