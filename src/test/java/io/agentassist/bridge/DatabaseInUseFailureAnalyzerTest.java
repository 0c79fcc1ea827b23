package io.agentassist.bridge;

import java.sql.SQLException;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanCreationException;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what a second instance on one embedded database is told. */
class DatabaseInUseFailureAnalyzerTest {

	private final DatabaseInUseFailureAnalyzer analyzer = new DatabaseInUseFailureAnalyzer();

	@Test
	void shouldNameTheOtherProcess() {
		assertThat(this.analyzer.analyze(startFailure(90020)).getDescription()).contains("Another process");
	}

	@Test
	void shouldLeaveOtherFailuresOfTheDatabaseToOthers() {
		assertThat(this.analyzer.analyze(startFailure(28000))).isNull();
	}

	private static Exception startFailure(int errorCode) {
		return new BeanCreationException("flyway", new SQLException("H2's words", "HY000", errorCode));
	}

}
