package io.agentassist.bridge.suggestion;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Inserts that share their commit when they come at once (group commit): with
 * {@code WRITE_DELAY=0} each commit of H2 is a write of its own, and a burst of requests
 * would wait for one after the other. A caller returns after the commit of its row.
 * Thread safe.
 */
class GroupedInserts {

	private final JdbcTemplate jdbc;

	private final TransactionOperations transaction;

	private final String sql;

	private final Queue<Insert> waiting = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean writing = new AtomicBoolean();

	GroupedInserts(JdbcTemplate jdbc, TransactionOperations transaction, String sql) {
		this.jdbc = jdbc;
		this.transaction = transaction;
		this.sql = sql;
	}

	/**
	 * Inserts a row and commits it. Not within a transaction of the caller.
	 * @param row the values
	 * @return whether it was inserted; false where the statement found a conflict
	 */
	boolean insert(Object... row) {
		Insert insert = new Insert(row);
		this.waiting.add(insert);
		while (!insert.done) {
			if (this.writing.compareAndSet(false, true)) {
				try {
					writeAll();
				}
				finally {
					this.writing.set(false);
					wakeNext();
				}
			}
			else {
				LockSupport.park(this);
			}
		}
		if (insert.failure != null) {
			throw insert.failure;
		}
		return insert.inserted;
	}

	private void writeAll() {
		List<Insert> batch = new ArrayList<>();
		for (Insert next = this.waiting.poll(); next != null; next = this.waiting.poll()) {
			batch.add(next);
		}
		List<Object[]> rows = batch.stream().map((insert) -> insert.row).toList();
		try {
			int[] counts = this.transaction.execute((status) -> this.jdbc.batchUpdate(this.sql, rows));
			for (int i = 0; i < counts.length; i++) {
				batch.get(i).inserted = counts[i] != 0;
			}
		}
		catch (RuntimeException ex) {
			batch.forEach((insert) -> insert.failure = ex);
		}
		finally {
			for (Insert insert : batch) {
				insert.done = true;
				LockSupport.unpark(insert.caller);
			}
		}
	}

	/** Who came while the others were written writes next. */
	private void wakeNext() {
		Insert next = this.waiting.peek();
		if (next != null) {
			LockSupport.unpark(next.caller);
		}
	}

	/** Its other fields are set before {@code done}. */
	private static final class Insert {

		private final Object[] row;

		private final Thread caller = Thread.currentThread();

		private volatile boolean done;

		private boolean inserted;

		private RuntimeException failure;

		Insert(Object[] row) {
			this.row = row;
		}

	}

}
