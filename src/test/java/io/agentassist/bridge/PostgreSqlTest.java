package io.agentassist.bridge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What only PostgreSQL could do otherwise. All else that the database does is in the
 * tests with the tag {@code state}, which run on both.
 */
@Tag("postgresql")
class PostgreSqlTest extends BridgeTest {

	@Test
	void shouldMigrate() {
		assertThat(this.database.queryForObject("SELECT version()", String.class)).startsWith("PostgreSQL");
		assertThat(this.database.queryForList("SELECT success FROM flyway_schema_history", Boolean.class)).isNotEmpty()
			.containsOnly(true);
	}

	@Test
	void shouldTakeCharactersThatPostgreSqlRefuses() {
		String id = queue(unique("conv-"));
		ObjectNode suggestion = suggestion("a\u0000b", 0.5);
		suggestion.put("title", "a\u0000b");

		assertThat(callBack(completed(id, suggestion)).statusCode()).isEqualTo(200);
		assertThat(callBack(completed("a\u0000b")).statusCode()).isEqualTo(404);
		assertThat(giveFeedback("a\u0000b", "x", "accepted", null).statusCode()).isEqualTo(400);
		assertThat(lookUp(id).path("ranked_suggestions").get(0).path("title").asText()).isEqualTo("a\u0000b");
		assertThat(settledActions(id)).containsExactly("presented");
	}

}
