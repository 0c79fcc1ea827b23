/** The database as a whole: connections, transactions, the version of its tables. */
package io.agentassist.bridge.database;
