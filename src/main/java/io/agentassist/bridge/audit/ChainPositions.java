package io.agentassist.bridge.audit;

import java.util.Optional;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/**
 * Where each chain ends according to the database, in the table {@code audit_chain}. The
 * end moves in the transaction that removes the appended events from the outbox, so it
 * shows which lines count.
 */
@Component
class ChainPositions {

	private final JdbcTemplate jdbc;

	ChainPositions(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
	}

	/**
	 * Finds where a chain ends, and locks it for the rest of the caller's transaction.
	 * Waits for an earlier transaction that moved it: its commit may still succeed after
	 * the driver has given up on it.
	 * @param chain the chain
	 * @return the end; empty if the database does not know the chain
	 */
	Optional<ChainPosition> lock(String chain) {
		return this.jdbc
			.query("SELECT seq, hash, file_name, file_length FROM audit_chain WHERE chain = ? FOR UPDATE",
					(row, number) -> new ChainPosition(row.getLong(1), row.getString(2), row.getString(3),
							row.getLong(4)),
					chain)
			.stream()
			.findFirst();
	}

	/** Whether another instance has ever used this database. */
	boolean hasOthers(String chain) {
		return this.jdbc.queryForObject("SELECT count(*) FROM audit_chain WHERE chain <> ?", Long.class, chain) > 0;
	}

	void add(String chain, ChainPosition position) {
		this.jdbc.update("INSERT INTO audit_chain (chain, seq, hash, file_name, file_length) VALUES (?, ?, ?, ?, ?)",
				chain, position.seq(), position.hash(), position.file(), position.length());
	}

	/**
	 * Moves a chain's end.
	 * @throws AuditLogException when it is not at {@code from}: another process writes a
	 * chain of this name
	 */
	void move(String chain, ChainPosition from, ChainPosition to) {
		int moved = this.jdbc.update("""
				UPDATE audit_chain SET seq = ?, hash = ?, file_name = ?, file_length = ?
				WHERE chain = ? AND seq = ? AND hash = ?""", to.seq(), to.hash(), to.file(), to.length(), chain,
				from.seq(), from.hash());
		if (moved != 1) {
			throw new AuditLogException("Another process writes chain " + chain
					+ " on this database: give each instance an id of its own (AGENTASSIST_INSTANCE_ID)");
		}
	}

}
