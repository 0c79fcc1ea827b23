package io.agentassist.bridge.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import javax.sql.DataSource;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.SmartTransactionObject;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Lets transactions take turns on one connection and share its commits (group commit). A
 * transaction that ends while others wait for their turn leaves the commit to the last of
 * them; its caller returns after that commit, or gets its failure. A failed transaction
 * is rolled back to its own start. A transaction sees the changes of others in its group,
 * unless it asks for an isolation level: it then starts a new group. Work outside
 * transactions gets the connection between two commits. See
 * docs/decisions/0006-group-commit.md. Thread safe.
 */
class GroupCommitTransactionManager extends AbstractPlatformTransactionManager implements ResourceTransactionManager {

	/** Maximum number of transactions per commit, so that none waits for long. */
	private static final int MAX_MEMBERS = 64;

	private static final String BEGINNING = "beginning";

	private final transient DataSource pool;

	private final Duration timeout;

	private final transient Semaphore turn = new Semaphore(1);

	private final transient Counter timeouts;

	/**
	 * The group's connection; null if no group has begun. Only the holder of the turn
	 * uses it.
	 */
	private transient Connection connection;

	/** Transactions that have ended but are not committed yet; null if there are none. */
	private transient volatile Group pending;

	/**
	 * Creates the manager.
	 * @param pool provides the connection, one at a time
	 * @param timeout longest wait for a turn, and for the commit at its end
	 * @param meters registers the meters {@code agentassist.database.timeouts} and
	 * {@code agentassist.database.waiting}
	 */
	GroupCommitTransactionManager(DataSource pool, Duration timeout, MeterRegistry meters) {
		this.pool = pool;
		this.timeout = timeout;
		this.timeouts = Counter.builder("agentassist.database.timeouts")
			.description(
					"Transactions that timed out, waiting for their turn on the embedded database or for their commit")
			.register(meters);
		Gauge.builder("agentassist.database.waiting", this.turn, Semaphore::getQueueLength)
			.description("Transactions waiting for their turn on the embedded database")
			.register(meters);
	}

	@Override
	public Object getResourceFactory() {
		return this.pool;
	}

	@Override
	protected Object doGetTransaction() {
		Object current = TransactionSynchronizationManager.getResource(this);
		return (current != null) ? current : new Member();
	}

	@Override
	protected boolean isExistingTransaction(Object transaction) {
		return ((Member) transaction).begun;
	}

	@Override
	protected void doBegin(Object transaction, TransactionDefinition definition) {
		Member member = (Member) transaction;
		awaitTurn();
		try {
			if (this.pending != null
					&& definition.getIsolationLevel() >= TransactionDefinition.ISOLATION_READ_COMMITTED) {
				commitGroup();
			}
			if (this.connection == null) {
				this.connection = this.pool.getConnection();
				this.connection.setAutoCommit(false);
			}
			else {
				member.beginning = this.connection.setSavepoint(BEGINNING);
			}
		}
		// Catches everything: a turn that is not given back would stop the bridge.
		catch (SQLException | RuntimeException | Error ex) {
			try {
				failGroup(ex);
			}
			finally {
				endTurn();
			}
			throw new CannotCreateTransactionException("The database could not begin a transaction", ex);
		}
		member.begun = true;
		TransactionSynchronizationManager.bindResource(this, member);
		TransactionSynchronizationManager.bindResource(this.pool, new ConnectionHolder(this.connection, true));
	}

	private void awaitTurn() {
		boolean interrupted = false;
		try {
			if (this.turn.tryAcquire(this.timeout.toMillis(), TimeUnit.MILLISECONDS)) {
				return;
			}
		}
		catch (InterruptedException ex) {
			interrupted = true;
		}
		// Another transaction may have left the commit to this caller. Done before the
		// interrupt flag is restored, as H2 closes its file if an interrupted thread
		// writes.
		commitUnlessAwaited();
		if (interrupted) {
			Thread.currentThread().interrupt();
			throw new CannotCreateTransactionException("Interrupted while waiting for the database's connection");
		}
		this.timeouts.increment();
		throw new CannotCreateTransactionException("No turn on the database's connection within " + this.timeout);
	}

	@Override
	protected void doCommit(DefaultTransactionStatus status) {
		Group group = this.pending;
		if (group == null) {
			group = new Group();
			this.pending = group;
		}
		group.members++;
		endTurn();
		await(group);
	}

	/** Commits, unless another transaction is waiting that will. */
	private void endTurn() {
		try {
			if (this.pending != null && (this.pending.members >= MAX_MEMBERS || !this.turn.hasQueuedThreads())) {
				commitGroup();
			}
		}
		finally {
			this.turn.release();
		}
		// The waiting transaction may have given up in the meantime.
		commitUnlessAwaited();
	}

	private void commitUnlessAwaited() {
		if (this.pending != null && !this.turn.hasQueuedThreads() && this.turn.tryAcquire()) {
			endTurn();
		}
	}

	private void commitGroup() {
		Group group = this.pending;
		try {
			this.connection.commit();
		}
		// Catches everything: the group's callers wait for its outcome.
		catch (SQLException | RuntimeException | Error ex) {
			failGroup(ex);
			return;
		}
		this.pending = null;
		giveBack();
		group.outcome.complete(null);
	}

	/** Rolls the whole group back. */
	private void failGroup(Throwable cause) {
		Group group = this.pending;
		this.pending = null;
		try {
			if (this.connection != null) {
				this.connection.rollback();
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			// An exception cannot suppress itself.
			if (ex != cause) {
				cause.addSuppressed(ex);
			}
			closeForGood();
		}
		giveBack();
		if (group != null) {
			group.outcome.completeExceptionally(cause);
		}
	}

	/** Otherwise the next transaction would commit what was not rolled back. */
	private void closeForGood() {
		try {
			this.connection.unwrap(Connection.class).close();
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.warn("The database's connection was not closed", ex);
		}
	}

	private void giveBack() {
		Connection used = this.connection;
		this.connection = null;
		try {
			if (used != null) {
				used.close();
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			// The pool has dropped the connection, see BrokenConnections.
			logger.debug("The database's connection was not returned", ex);
		}
	}

	private void await(Group group) {
		try {
			group.outcome.get(this.timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw new TransactionSystemException("The commit failed", ex.getCause());
		}
		catch (TimeoutException ex) {
			this.timeouts.increment();
			throw new TransactionSystemException("The commit did not finish within " + this.timeout, ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new TransactionSystemException("Interrupted while waiting for the commit", ex);
		}
	}

	@Override
	protected void doRollback(DefaultTransactionStatus status) {
		Savepoint beginning = ((Member) status.getTransaction()).beginning;
		try {
			if (beginning != null) {
				this.connection.rollback(beginning);
			}
			else {
				this.connection.rollback();
				giveBack();
			}
		}
		// If it were thrown, it would replace what the transaction failed with.
		catch (SQLException | RuntimeException | Error ex) {
			logger.debug("The rollback failed", ex);
			failGroup(ex);
		}
		finally {
			endTurn();
		}
	}

	@Override
	protected void doSetRollbackOnly(DefaultTransactionStatus status) {
		((Member) status.getTransaction()).rollbackOnly = true;
	}

	@Override
	protected void doCleanupAfterCompletion(Object transaction) {
		TransactionSynchronizationManager.unbindResource(this.pool);
		TransactionSynchronizationManager.unbindResource(this);
	}

	/** Transactions that share a commit. */
	private static final class Group {

		private final CompletableFuture<Void> outcome = new CompletableFuture<>();

		private int members;

	}

	/** One transaction. */
	private static final class Member implements SmartTransactionObject {

		private boolean begun;

		/** Where to roll back to; null for the first of a group. */
		private Savepoint beginning;

		private boolean rollbackOnly;

		@Override
		public boolean isRollbackOnly() {
			return this.rollbackOnly;
		}

	}

}
