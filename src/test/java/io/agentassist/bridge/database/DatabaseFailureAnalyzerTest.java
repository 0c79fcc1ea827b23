package io.agentassist.bridge.database;

import java.io.EOFException;
import java.io.IOException;
import java.sql.SQLException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.BeanCreationException;

import static org.assertj.core.api.Assertions.assertThat;

/** Shows what is told where the database cannot be used. */
class DatabaseFailureAnalyzerTest {

	private final DatabaseFailureAnalyzer analyzer = new DatabaseFailureAnalyzer();

	@ParameterizedTest
	@CsvSource({ "90020, 90020, Another process", "90030, 90030, is damaged: H2's words",
			"08001, 0, cannot be opened: H2's words", "28000, 28000, cannot be opened: H2's words" })
	void shouldSayWhyItDoesNotOpen(String state, int errorCode, String description) {
		assertThat(this.analyzer.analyze(startFailure(state, errorCode)).getDescription()).contains(description);
	}

	@Test
	void shouldSayThatItsFileCannotBeWritten() {
		SQLException failure = new SQLException("IO Exception", "90028", 90028,
				new IllegalStateException("Writing failed", new IOException("No space left on device")));

		assertThat(this.analyzer.analyze(new BeanCreationException("flyway", failure)).getDescription())
			.isEqualTo("The file of the embedded database cannot be read or written: No space left on device");
	}

	@Test
	void shouldSayThatItsFileIsCutOff() {
		SQLException failure = new SQLException("IO Exception", "90028", 90028, new EOFException());

		assertThat(this.analyzer.analyze(new BeanCreationException("flyway", failure)).getDescription())
			.isEqualTo("The file of the embedded database is damaged: IO Exception");
	}

	/** PostgreSQL behind a proxy that accepts connections and closes them. */
	@Test
	void shouldSayThatAServerClosesTheConnection() {
		SQLException failure = new SQLException("The connection attempt failed.", "08001", new EOFException());

		assertThat(this.analyzer.analyze(new BeanCreationException("flyway", failure)).getDescription())
			.isEqualTo("The database cannot be opened: The connection attempt failed.");
	}

	/** A migration that fails, say, whose script and line others tell. */
	@Test
	void shouldLeaveWhatAnOpenDatabaseRefusesToOthers() {
		assertThat(this.analyzer.analyze(startFailure("42501", 0))).isNull();
	}

	private static Exception startFailure(String state, int errorCode) {
		return new BeanCreationException("flyway", new SQLException("H2's words", state, errorCode));
	}

}
