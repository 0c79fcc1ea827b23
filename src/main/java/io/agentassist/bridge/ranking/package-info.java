/** Ranking of suggestions, and the feedback it learns from. */
package io.agentassist.bridge.ranking;
