package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.interaction.Outbox;

/**
 * Finds out, after a start or a transaction that failed, which of the lines after the
 * known end of the chain count, in the caller's transaction. At most one batch is ever
 * appended and not committed. A line of it counts if its event still waits in the outbox:
 * it is then taken from there. If it does not, another instance has taken it over, and
 * the line would double it. Where the database is older than the file, all of them count:
 * it is if there are more lines than a batch, if a checkpoint signs one of them, or if
 * there is no other instance that could have taken the event. See
 * docs/decisions/0010-audit-exactly-once.md.
 */
final class ChainRecovery {

	private static final String DESTINATION = "audit";

	private static final ObjectMapper JSON = new ObjectMapper();

	private final String chain;

	private final ChainFiles files;

	private final ChainPositions positions;

	private final Outbox outbox;

	private final int batchSize;

	private final MessageDigest digest = AuditLine.sha256();

	/** Where the chain ends, of lines that count for sure. */
	private ChainPosition end;

	/** Lines after it, in their order. */
	private final List<Line> undecided = new ArrayList<>();

	/** The database is older than the file: every line counts. */
	private boolean isDatabaseBehind;

	/** Where the first line is that does not fit; null if all do. */
	private String badLine;

	ChainRecovery(String chain, ChainFiles files, ChainPositions positions, Outbox outbox, int batchSize) {
		this.chain = chain;
		this.files = files;
		this.positions = positions;
		this.outbox = outbox;
		this.batchSize = batchSize;
	}

	/**
	 * Where the files of the chain begin if the database does not know it.
	 * @return before the first line of the newest file that has one
	 */
	ChainPosition begin() throws IOException {
		List<ChainFile> all = this.files.list();
		for (int i = all.size() - 1; i >= 0; i--) {
			try (AuditLineReader reader = new AuditLineReader(this.files.path(all.get(i).name()), 0)) {
				Optional<AuditLine> first = reader.next() ? AuditLine.parse(reader.bytes(), reader.length())
						: Optional.empty();
				if (first.isPresent() && reader.isWhole()) {
					return new ChainPosition(first.get().seq() - 1, first.get().prevHash(), all.get(i).name(), 0);
				}
			}
		}
		return ChainPosition.origin(this.chain);
	}

	/**
	 * Decides on the lines after a position, and takes those that count from the outbox.
	 * @param known where the chain ends as far as the database knows
	 * @param isDatabaseOlder whether the database is known to be older than the files:
	 * every line counts
	 * @return the end of what counts; what follows it does not
	 * @throws AuditLogException when the files are not as they were left
	 */
	ChainPosition recover(ChainPosition known, boolean isDatabaseOlder) throws IOException {
		this.files.require(known);
		this.end = known;
		this.isDatabaseBehind = isDatabaseOlder;
		readOn(known);
		if (!this.isDatabaseBehind && !this.undecided.isEmpty()) {
			keepWaiting();
		}
		if (this.isDatabaseBehind) {
			keepAll();
			if (this.badLine != null) {
				throw new AuditLogException(
						this.badLine + " does not follow the line before it; \"audit verify\" tells more");
			}
		}
		if (this.end.seq() > known.seq()) {
			// Their writer may have been killed before it forced them.
			this.files.force(this.end.file());
		}
		return this.end;
	}

	private void readOn(ChainPosition known) throws IOException {
		ChainPosition last = known;
		List<String> names = this.files.from(known);
		for (String name : names) {
			long start = name.equals(known.file()) ? known.length() : 0;
			try (AuditLineReader reader = new AuditLineReader(this.files.path(name), start)) {
				while (reader.next()) {
					Optional<AuditLine> line = AuditLine.parse(reader.bytes(), reader.length());
					if (!reader.isWhole() || !line.isPresent() || !follows(line.get(), last, reader.bytes())) {
						boolean isTorn = !reader.isWhole() && name.equals(names.get(names.size() - 1));
						this.badLine = isTorn ? null : "Line " + reader.number() + " of " + this.files.path(name)
								+ " from byte " + start + " on";
						return;
					}
					last = new ChainPosition(line.get().seq(), line.get().hash(), name, reader.position());
					add(new Line(last, eventId(reader, line.get())));
				}
			}
		}
	}

	private boolean follows(AuditLine line, ChainPosition last, byte[] bytes) {
		return line.seq() == last.seq() + 1 && line.prevHash().equals(last.hash()) && line.isHashOf(bytes, this.digest);
	}

	/** The event that a line tells of; null for one of the audit log's own records. */
	private static String eventId(AuditLineReader reader, AuditLine line) {
		try {
			JsonNode event = JSON
				.readTree(new String(reader.bytes(), 0, line.coreLength(), StandardCharsets.UTF_8) + "}");
			return AuditLog.RECOVERED.equals(event.path("event_type").asText()) ? null
					: event.path("event_id").asText();
		}
		catch (JsonProcessingException ex) {
			return "";
		}
	}

	private void add(Line line) {
		this.undecided.add(line);
		// The batch, and a record of an earlier recovery.
		if (this.undecided.size() > this.batchSize + 1) {
			this.isDatabaseBehind = true;
			keepAll();
		}
	}

	private void keepAll() {
		this.outbox.removeRedelivered(DESTINATION, eventIds());
		if (!this.undecided.isEmpty()) {
			this.end = this.undecided.get(this.undecided.size() - 1).end();
			this.undecided.clear();
		}
	}

	/**
	 * Up to the first line whose event does not wait any more, unless nobody can have
	 * taken that over.
	 */
	private void keepWaiting() {
		Set<String> waiting = new HashSet<>(this.outbox.lockRedelivered(DESTINATION, eventIds()));
		if (!waiting.containsAll(eventIds()) && !this.positions.hasOthers(this.chain)) {
			this.isDatabaseBehind = true;
			return;
		}
		List<String> kept = new ArrayList<>();
		for (Line line : this.undecided) {
			if (line.eventId() != null && !waiting.contains(line.eventId())) {
				break;
			}
			if (line.eventId() != null) {
				kept.add(line.eventId());
			}
			this.end = line.end();
		}
		this.outbox.removeRedelivered(DESTINATION, kept);
	}

	private List<String> eventIds() {
		return this.undecided.stream().map(Line::eventId).filter((id) -> id != null).toList();
	}

	/** Whether lines were kept that the database had no knowledge of. */
	boolean isDatabaseBehind() {
		return this.isDatabaseBehind;
	}

	private record Line(ChainPosition end, String eventId) {
	}

}
