/**
 * The routes as a set of files that people edit: checking them, drawing them and applying
 * edits live.
 */
package io.agentassist.bridge.routes;
