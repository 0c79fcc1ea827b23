package io.agentassist.bridge;

import java.sql.SQLException;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanCreationException;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what is told where the database cannot be used. */
class DatabaseFailureAnalyzerTest {

	private final DatabaseFailureAnalyzer analyzer = new DatabaseFailureAnalyzer();

	@Test
	void shouldNameTheOtherProcess() {
		assertThat(this.analyzer.analyze(startFailure(90020)).getDescription()).contains("Another process");
	}

	@Test
	void shouldGiveTheDatabasesOwnWordsForOtherFailures() {
		assertThat(this.analyzer.analyze(startFailure(28000)).getDescription())
			.isEqualTo("The database cannot be used: H2's words");
	}

	private static Exception startFailure(int errorCode) {
		return new BeanCreationException("flyway", new SQLException("H2's words", "HY000", errorCode));
	}

}
