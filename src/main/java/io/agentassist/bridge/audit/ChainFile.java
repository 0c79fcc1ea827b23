package io.agentassist.bridge.audit;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of a chain: {@code audit-<chain>-<UTC date>-<seq of its first line>.jsonl}.
 *
 * @param chain the chain
 * @param day day it was begun, in UTC
 * @param firstSeq number of its first line
 */
record ChainFile(String chain, LocalDate day, long firstSeq) {

	/** Regular expression for a chain's name. */
	static final String CHAIN = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

	/** Files that consumers of the contract treat as the audit log. */
	private static final Pattern ANY = Pattern.compile("audit-.*\\.jsonl");

	private static final Pattern NAME = Pattern
		.compile("audit-(" + CHAIN + ")-(\\d{4}-\\d{2}-\\d{2})-(\\d{10,18})\\.jsonl");

	static boolean isAuditLog(String name) {
		return ANY.matcher(name).matches();
	}

	static Optional<ChainFile> of(String name) {
		Matcher matcher = NAME.matcher(name);
		if (!matcher.matches()) {
			return Optional.empty();
		}
		try {
			ChainFile file = new ChainFile(matcher.group(1), LocalDate.parse(matcher.group(2)),
					Long.parseLong(matcher.group(3)));
			return Optional.of(file).filter((found) -> found.name().equals(name));
		}
		catch (DateTimeException ex) {
			return Optional.empty();
		}
	}

	String name() {
		return "audit-%s-%s-%010d.jsonl".formatted(this.chain, this.day, this.firstSeq);
	}

}
