package io.agentassist.bridge.database;

import java.sql.SQLException;
import java.util.Set;

import com.zaxxer.hikari.SQLExceptionOverride;
import org.h2.api.ErrorCode;

/**
 * Makes the pool drop its connection to an H2 database that is closed. H2 closes a
 * database whose file it cannot write, for example on a full disk, and reports it with an
 * SQL state that the pool does not know. The next connection opens the file again.
 */
class ClosedDatabase implements SQLExceptionOverride {

	private static final Set<Integer> CLOSED = Set.of(ErrorCode.DATABASE_IS_CLOSED,
			ErrorCode.DATABASE_CALLED_AT_SHUTDOWN, ErrorCode.OBJECT_CLOSED);

	@java.lang.Override
	public SQLExceptionOverride.Override adjudicate(SQLException failure) {
		return CLOSED.contains(failure.getErrorCode()) ? SQLExceptionOverride.Override.MUST_EVICT
				: SQLExceptionOverride.Override.CONTINUE_EVICT;
	}

}
