package io.agentassist.bridge.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.agentassist.bridge.outbox.Outbox;
import io.agentassist.bridge.outbox.OutboxEvent;

/**
 * Works out, after a start or a failed transaction, which lines after the known end of
 * the chain count, in the caller's transaction. At most one batch is ever appended but
 * not committed. One of its lines counts if its event is still waiting in the outbox,
 * from which it is then removed. If it is not, another instance has delivered the event
 * and the line would be a duplicate. If the database is older than the file, all lines
 * count: that is so if there are more lines than a batch, if a checkpoint signs one of
 * them, or if no other instance could have taken the event. For single use; not thread
 * safe. See docs/decisions/0010-audit-exactly-once.md.
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

	/** The end of the lines that certainly count. */
	private ChainPosition end;

	/** The lines after it, in order. */
	private final List<Line> undecided = new ArrayList<>();

	/** The database is older than the file: every line counts. */
	private boolean isDatabaseBehind;

	/** The location of the first line that does not fit; null if all fit. */
	private String badLine;

	ChainRecovery(String chain, ChainFiles files, ChainPositions positions, Outbox outbox, int batchSize) {
		this.chain = chain;
		this.files = files;
		this.positions = positions;
		this.outbox = outbox;
		this.batchSize = batchSize;
	}

	/**
	 * Where to begin in the chain's files if the database does not know the chain.
	 * @return the position before the first line of the newest file that has one
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
	 * Decides which lines after a position count, and removes their events from the
	 * outbox.
	 * @param known where the chain ends according to the database
	 * @param isDatabaseOlder whether the database is known to be older than the files, so
	 * that every line counts
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
						this.badLine + " does not follow the line before it; run \"audit verify\" for details");
			}
		}
		if (this.end.seq() > known.seq()) {
			// Their writer may have been killed before it forced them to disk.
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

	/** The id of a line's event; null for the audit log's own records. */
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
		// More than a batch plus the record of an earlier recovery.
		if (this.undecided.size() > this.batchSize + 1) {
			this.isDatabaseBehind = true;
			keepAll();
		}
	}

	private void keepAll() {
		this.outbox.remove(this.outbox.lockRedelivered(DESTINATION, eventIds()));
		if (!this.undecided.isEmpty()) {
			this.end = this.undecided.get(this.undecided.size() - 1).end();
			this.undecided.clear();
		}
	}

	/**
	 * Keeps the lines up to the first whose event is no longer waiting; all of them if no
	 * other instance can have taken that event.
	 */
	private void keepWaiting() {
		Map<String, OutboxEvent> waiting = new HashMap<>();
		this.outbox.lockRedelivered(DESTINATION, eventIds()).forEach((event) -> waiting.put(event.eventId(), event));
		if (!waiting.keySet().containsAll(eventIds()) && !this.positions.hasOthers(this.chain)) {
			this.isDatabaseBehind = true;
			return;
		}
		List<OutboxEvent> kept = new ArrayList<>();
		for (Line line : this.undecided) {
			if (line.eventId() != null && !waiting.containsKey(line.eventId())) {
				break;
			}
			if (line.eventId() != null) {
				kept.add(waiting.get(line.eventId()));
			}
			this.end = line.end();
		}
		this.outbox.remove(kept);
	}

	private List<String> eventIds() {
		return this.undecided.stream().map(Line::eventId).filter((id) -> id != null).toList();
	}

	/** Whether lines were kept that the database did not know of. */
	boolean isDatabaseBehind() {
		return this.isDatabaseBehind;
	}

	private record Line(ChainPosition end, String eventId) {
	}

}
