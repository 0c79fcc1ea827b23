package io.agentassist.bridge.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** Transactions that share commits, on a real H2 file. */
class GroupCommitTransactionManagerTest {

	private static final Duration TIMEOUT = Duration.ofSeconds(5);

	@TempDir
	private Path folder;

	private final AtomicInteger commits = new AtomicInteger();

	private volatile Throwable commitFailure;

	/** Of whatever is asked of the connection between two transactions of a group. */
	private volatile Throwable savepointFailure;

	private final MeterRegistry meters = new SimpleMeterRegistry();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private HikariDataSource pool;

	private JdbcTemplate jdbc;

	private TransactionTemplate transaction;

	@BeforeEach
	void open() {
		JdbcDataSource database = new JdbcDataSource();
		database.setURL("jdbc:h2:file:" + this.folder.resolve("db") + ";MODE=PostgreSQL;WRITE_DELAY=0");
		this.pool = new HikariDataSource();
		this.pool.setDataSource(new DelegatingDataSource(database) {
			@Override
			public Connection getConnection() throws SQLException {
				return counted(super.getConnection());
			}
		});
		this.pool.setMaximumPoolSize(1);
		this.pool.setExceptionOverride(new BrokenConnections());
		this.jdbc = new JdbcTemplate(this.pool);
		this.transaction = new TransactionTemplate(new GroupCommitTransactionManager(this.pool, TIMEOUT, this.meters));
		this.jdbc.execute("CREATE TABLE item (id int PRIMARY KEY)");
	}

	/** The real connection, whose commits are counted and can be made to fail. */
	private Connection counted(Connection connection) {
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					if (method.getName().equals("commit")) {
						this.commits.incrementAndGet();
						if (this.commitFailure != null) {
							throw this.commitFailure;
						}
					}
					if (this.savepointFailure != null && !connection.isClosed()
							&& List.of("setSavepoint", "rollback").contains(method.getName())) {
						throw this.savepointFailure;
					}
					try {
						return method.invoke(connection, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	@AfterEach
	void close() {
		this.threads.shutdownNow();
		this.pool.close();
	}

	@Test
	void shouldShareOneCommitAmongTransactionsThatCameAtOnce() throws Exception {
		List<Future<?>> inserts = whileTheTurnIsTaken(
				() -> IntStream.rangeClosed(1, 20).<Future<?>>mapToObj((id) -> submit(() -> insert(id))).toList());

		for (Future<?> insert : inserts) {
			insert.get();
		}
		assertThat(ids()).hasSize(20);
		assertThat(this.commits).hasValue(1);
	}

	/** The audit log wrote of a transaction that a kill kept from its commit. */
	@Test
	void shouldShowOnlyWhatIsCommittedToATransactionThatAsksForIt() throws Exception {
		TransactionTemplate readCommitted = new TransactionTemplate(this.transaction.getTransactionManager());
		readCommitted.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		List<Future<?>> both = whileTheTurnIsTaken(() -> {
			Future<?> insert = submit(() -> insertRow(1));
			await().until(() -> waiting() == 1);
			return List.of(insert, this.threads.submit(() -> readCommitted.executeWithoutResult((status) -> {
				assertThat(ids()).containsExactly(1);
				assertThat(this.commits).hasValue(1);
			})));
		});

		for (Future<?> one : both) {
			one.get();
		}
		assertThat(ids()).containsExactly(1);
	}

	@Test
	void shouldRollBackOneTransactionOfAGroupAlone() throws Exception {
		List<Future<?>> inserts = whileTheTurnIsTaken(() -> List.of(submit(() -> insert(1)), submit(() -> {
			insertRow(2);
			throw new IllegalStateException("fails after its insert");
		}), submit(() -> insert(3))));

		inserts.get(0).get();
		inserts.get(2).get();
		assertThatThrownBy(inserts.get(1)::get).isInstanceOf(ExecutionException.class)
			.hasMessageContaining("fails after its insert");
		assertThat(ids()).containsExactly(1, 3);
	}

	@Test
	void shouldFailEveryTransactionOfAGroupWhoseCommitFails() throws Exception {
		this.commitFailure = new SQLException("the disk is full");
		List<Future<?>> inserts = whileTheTurnIsTaken(() -> List.of(submit(() -> insert(1)), submit(() -> insert(2))));

		for (Future<?> insert : inserts) {
			assertThatThrownBy(insert::get).cause()
				.isInstanceOf(TransactionSystemException.class)
				.hasRootCauseMessage("the disk is full");
		}
		this.commitFailure = null;
		insert(3);
		assertThat(ids()).containsExactly(3);
	}

	@Test
	void shouldGoOnAfterAnErrorInTheDriver() {
		this.commitFailure = new StackOverflowError("in the driver");
		assertThatThrownBy(() -> insert(1)).isInstanceOf(TransactionSystemException.class)
			.hasRootCauseInstanceOf(StackOverflowError.class);
		this.commitFailure = null;

		insert(2);
		assertThat(ids()).containsExactly(2);
	}

	/** An exception cannot be suppressed by itself: the turn was never given back. */
	@Test
	void shouldGoOnWhereTheRollbackThrowsTheSameExceptionAgain() throws Exception {
		CountDownLatch failing = new CountDownLatch(1);
		Future<?> first = submit(() -> {
			insertRow(1);
			awaitLatch(failing);
		});
		await().until(() -> this.pool.getHikariPoolMXBean().getActiveConnections() == 1);
		Future<?> second = submit(() -> insertRow(2));
		await().until(() -> waiting() == 1);
		this.savepointFailure = new SQLException("the connection is gone");
		failing.countDown();

		assertThatThrownBy(first::get).hasRootCauseMessage("the connection is gone");
		assertThatThrownBy(second::get).hasRootCauseMessage("the connection is gone");
		this.savepointFailure = null;
		insert(3);
		assertThat(ids()).containsExactly(3);
	}

	/**
	 * The failed rollback took the place of the failure, and its rows were in the next
	 * commit.
	 */
	@Test
	void shouldKeepNothingOfATransactionThatDoesNotRollBack() {
		IllegalStateException failure = new IllegalStateException("of the transaction");

		assertThatThrownBy(() -> this.transaction.executeWithoutResult((status) -> {
			insertRow(1);
			this.savepointFailure = new SQLException("reading failed", "HY000", 90028);
			throw failure;
		})).isSameAs(failure);
		this.savepointFailure = null;

		insert(2);
		assertThat(ids()).containsExactly(2);
	}

	/** As H2 closes it when its disk is full. The pool kept the connection. */
	@Test
	void shouldOpenADatabaseAgainThatWasClosed() {
		insert(1);
		assertThatThrownBy(() -> this.transaction.executeWithoutResult((status) -> {
			insertRow(2);
			this.jdbc.execute("SHUTDOWN IMMEDIATELY");
			insertRow(3);
		})).hasMessageContaining("closed");

		insert(4);
		assertThat(ids()).containsExactly(1, 4);
	}

	@Test
	void shouldShowUncommittedRowsToNobodyOutsideATransaction() throws Exception {
		List<Future<?>> reads = new ArrayList<>();
		this.transaction.executeWithoutResult((status) -> {
			insertRow(1);
			reads.add(this.threads.submit(() -> assertThat(ids()).isEmpty()));
			await().until(() -> this.pool.getHikariPoolMXBean().getThreadsAwaitingConnection() == 1);
			status.setRollbackOnly();
		});

		reads.get(0).get();
	}

	@Test
	void shouldJoinATransactionThatHasBegun() {
		this.transaction.executeWithoutResult((outer) -> {
			insert(1);
			outer.setRollbackOnly();
		});

		assertThat(ids()).isEmpty();
	}

	@Test
	void shouldCommitWhatWasLeftToATransactionThatGaveUpWaiting() throws Exception {
		TransactionTemplate impatient = new TransactionTemplate(
				new GroupCommitTransactionManager(this.jdbc.getDataSource(), Duration.ofMillis(50), this.meters));
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		Future<?> first = this.threads.submit(() -> impatient.executeWithoutResult((status) -> {
			insertRow(1);
			begun.countDown();
			awaitLatch(end);
		}));
		begun.await();
		Future<?> second = this.threads.submit(() -> impatient.executeWithoutResult((status) -> insertRow(2)));

		assertThatThrownBy(second::get).cause().isInstanceOf(CannotCreateTransactionException.class);
		assertThat(this.meters.get("agentassist.database.timeouts").counter().count()).isOne();
		end.countDown();
		first.get();
		assertThat(ids()).containsExactly(1);
	}

	/** What is submitted meanwhile all waits when the turn ends. */
	private List<Future<?>> whileTheTurnIsTaken(Supplier<List<Future<?>>> submission) {
		List<Future<?>> submitted = new ArrayList<>();
		this.transaction.executeWithoutResult((status) -> {
			submitted.addAll(submission.get());
			await().until(() -> waiting() == submitted.size());
			status.setRollbackOnly();
		});
		return submitted;
	}

	private long waiting() {
		return (long) this.meters.get("agentassist.database.waiting").gauge().value();
	}

	private Future<?> submit(Runnable task) {
		return this.threads.submit(() -> this.transaction.executeWithoutResult((status) -> task.run()));
	}

	private void insert(int id) {
		this.transaction.executeWithoutResult((status) -> insertRow(id));
	}

	private void insertRow(int id) {
		this.jdbc.update("INSERT INTO item VALUES (?)", id);
	}

	private List<Integer> ids() {
		return this.jdbc.queryForList("SELECT id FROM item ORDER BY id", Integer.class);
	}

	private static void awaitLatch(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
