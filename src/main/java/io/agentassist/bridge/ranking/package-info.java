/** Ranking of suggestions, and the feedback that it learns from. */
package io.agentassist.bridge.ranking;
