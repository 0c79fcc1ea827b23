package io.agentassist.bridge.database;

import java.sql.SQLException;
import java.util.Set;

import com.zaxxer.hikari.SQLExceptionOverride;
import org.h2.api.ErrorCode;

/**
 * Makes the pool drop connections that are of no use, which it does not recognize by
 * their SQL states.
 * <ul>
 * <li>H2 closes a database whose file it cannot write, for example on a full disk. The
 * next connection opens the file again.</li>
 * <li>A PostgreSQL has become read-only. The next connection finds the server that is
 * not, or counts as failed ({@code targetServerType} in the profile
 * {@code postgresql}).</li>
 * </ul>
 */
class BrokenConnections implements SQLExceptionOverride {

	private static final Set<Integer> CLOSED = Set.of(ErrorCode.DATABASE_IS_CLOSED,
			ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.OBJECT_CLOSED);

	/** PostgreSQL: {@code read_only_sql_transaction}. */
	private static final String READ_ONLY = "25006";

	@java.lang.Override
	public SQLExceptionOverride.Override adjudicate(SQLException failure) {
		return (CLOSED.contains(failure.getErrorCode()) || READ_ONLY.equals(failure.getSQLState()))
				? SQLExceptionOverride.Override.MUST_EVICT : SQLExceptionOverride.Override.CONTINUE_EVICT;
	}

}
