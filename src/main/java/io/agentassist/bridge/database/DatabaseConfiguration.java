package io.agentassist.bridge.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;

import org.apache.camel.spring.spi.SpringTransactionPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.flyway.FlywayMigrationStrategy;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.datasource.JdbcTransactionObjectSupport;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** The database that holds the state. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

	private static final Logger log = LoggerFactory.getLogger(DatabaseConfiguration.class);

	/** A setting of the PostgreSQL driver. */
	private static final String TIMEOUT = "socketTimeout";

	/** On H2, transactions share the commits of the single connection. */
	@Bean
	PlatformTransactionManager transactionManager(HikariDataSource pool, MeterRegistry meters) {
		if (isH2(pool)) {
			return new GroupCommitTransactionManager(pool, Duration.ofMillis(pool.getConnectionTimeout()), meters);
		}
		if (!pool.getDataSourceProperties().containsKey(TIMEOUT) && !pool.getJdbcUrl().contains(TIMEOUT + "=")) {
			log.warn("A PostgreSQL that hangs will hold callers up without limit, as connections have no socketTimeout:"
					+ " use the profile postgresql");
		}
		return new PostgreSqlTransactionManager(pool);
	}

	@Bean
	TransactionTemplate transaction(PlatformTransactionManager transactionManager) {
		return new TransactionTemplate(transactionManager);
	}

	/** The policy of routes that name none. */
	@Bean("PROPAGATION_REQUIRED")
	SpringTransactionPolicy required(TransactionTemplate transaction) {
		return new SpringTransactionPolicy(transaction);
	}

	/**
	 * The policy of routes whose effects no rollback can undo: they must not see
	 * uncommitted changes of others in their group.
	 */
	@Bean
	SpringTransactionPolicy readCommitted(PlatformTransactionManager transactionManager) {
		TransactionTemplate template = new TransactionTemplate(transactionManager);
		template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		return new SpringTransactionPolicy(template);
	}

	@Bean
	FlywayMigrationStrategy tablesUpgrade(BuildProperties build) {
		return new TablesUpgrade(build.getVersion());
	}

	/**
	 * Drops broken connections, and limits H2 to one, so that no transaction changes
	 * anything while another commits. H2 writes the roots of its tables and indexes one
	 * after another, so a change made in between is only half in the file: a kill then
	 * leaves half a transaction, or an index without its row. See
	 * docs/decisions/0005-one-connection-to-h2.md.
	 */
	@Bean
	static BeanPostProcessor poolOfConnections() {
		return new BeanPostProcessor() {

			@Override
			public Object postProcessBeforeInitialization(Object bean, String name) {
				if (bean instanceof HikariDataSource pool) {
					pool.setExceptionOverride(new BrokenConnections());
					if (isH2(pool)) {
						pool.setMaximumPoolSize(1);
					}
				}
				return bean;
			}
		};
	}

	private static boolean isH2(HikariDataSource pool) {
		return pool.getJdbcUrl().startsWith("jdbc:h2:");
	}

	/**
	 * Swallows a failed rollback. A broken connection cannot be rolled back and need not
	 * be: it is cut, and the server rolls back. Thrown, the failure would replace the one
	 * that broke the connection, and would end routes that have already answered.
	 */
	private static final class PostgreSqlTransactionManager extends JdbcTransactionManager {

		private static final long serialVersionUID = 1L;

		PostgreSqlTransactionManager(DataSource pool) {
			super(pool);
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			try {
				super.doRollback(status);
			}
			catch (DataAccessException | TransactionException ex) {
				this.logger.debug("The rollback failed", ex);
				cut(((JdbcTransactionObjectSupport) status.getTransaction()).getConnectionHolder().getConnection());
			}
		}

		/**
		 * Cuts a connection: if it lived on, whatever comes after the rollback would
		 * commit on it.
		 */
		private void cut(Connection connection) {
			try {
				connection.abort(Runnable::run);
			}
			catch (SQLException ex) {
				this.logger.debug("The connection could not be cut", ex);
			}
		}

	}

}
