/** The database as a whole: connections, transactions and the version of its tables. */
package io.agentassist.bridge.database;
