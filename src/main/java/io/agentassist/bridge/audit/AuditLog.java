package io.agentassist.bridge.audit;

import java.io.IOException;
import java.io.SyncFailedException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

import io.agentassist.bridge.failure.ProblemTranslator;
import io.agentassist.bridge.outbox.Outbox;
import io.agentassist.bridge.outbox.OutboxEvent;
import io.agentassist.bridge.outbox.OutboxProperties;
import jakarta.annotation.PreDestroy;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The audit log: this instance's chain of JSON lines, appended a batch at a time, each
 * batch forced to disk before its events count as delivered. The database records where
 * the chain ends, and moves that end in the transaction that removes the batch's events
 * from the outbox: a line after it belongs to a transaction that did not commit. Camel's
 * file component cannot be used here: its {@code forceWrites} does not sync an append.
 * Thread safe; the getters never wait for the disk.
 */
@Component
public class AuditLog {

	/** Event type of the record that documents a recovery. */
	static final String RECOVERED = "agentassist_audit_recovered";

	private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

	private final String chain;

	private final AuditProperties properties;

	private final int batchSize;

	private final ChainPositions positions;

	private final Outbox outbox;

	private final Clock clock;

	private final ChainFiles files;

	private final CheckpointFile checkpoints;

	/** Null if checkpoints are off. */
	private final SigningKey key;

	/** The chain's end, as committed to the database; null while it is not known here. */
	private volatile ChainPosition end;

	/** The end once the current transaction commits; null if it does not move. */
	private ChainPosition pendingEnd;

	/**
	 * A successful recovery does not clear the problem: the next append may fail as the
	 * last one did.
	 */
	private boolean isRecovering;

	/**
	 * The newest checkpoint that was also queued for analytics. Null after a start: the
	 * file may hold one whose transaction did not commit.
	 */
	private volatile AuditCheckpoint lastCheckpoint;

	private AuditCheckpoint pendingCheckpoint;

	/** Null until the chain's end is known. */
	private Instant intervalBegan;

	/** Why nothing is appended; null while all is well. */
	private volatile String problem;

	/**
	 * Whether an append could not write, so that only another can show that the log
	 * works: other instances may have taken the events.
	 */
	private boolean isAppendOwed;

	/** What was logged since delivery last worked, without numbers. */
	private final Set<String> told = new HashSet<>();

	/** Whether it was reported that the current transaction fails. */
	private boolean isReported;

	AuditLog(AuditProperties properties, OutboxProperties outboxProperties, ChainPositions positions, Outbox outbox,
			Clock clock) {
		this.properties = properties;
		this.batchSize = outboxProperties.batchSize();
		this.positions = positions;
		this.outbox = outbox;
		this.clock = clock;
		this.key = loadKey(properties.signingKey());
		try {
			this.chain = InstanceIds.find(properties);
			this.files = new ChainFiles(properties.directory(), this.chain);
			this.checkpoints = new CheckpointFile(this.files, this.chain);
		}
		catch (IOException ex) {
			throw new AuditLogException(properties.directory() + " cannot be used: " + ex);
		}
	}

	private static SigningKey loadKey(Path file) {
		try {
			return SigningKey.load(file);
		}
		catch (IOException ex) {
			log.warn("The audit log has no signed checkpoints, its key cannot be read or created: {}"
					+ " (set AUDIT_SIGNING_KEY)", ex.toString());
			return null;
		}
	}

	/**
	 * Makes the log ready for appends in the caller's transaction. After a start, and
	 * after a failed transaction, it first works out which lines count.
	 * @return whether events may be appended: not after a failed sync, nor in the
	 * transaction of a recovery, which commits on its own
	 * @throws IOException when the files cannot be read or repaired
	 */
	public synchronized boolean open() throws IOException {
		if (isStopped()) {
			return false;
		}
		TransactionSynchronizationManager.registerSynchronization(new Outcome());
		this.isReported = false;
		this.isRecovering = this.end == null;
		if (this.isRecovering) {
			this.pendingEnd = recover();
			return false;
		}
		return true;
	}

	private ChainPosition recover() throws IOException {
		ChainRecovery recovery = new ChainRecovery(this.chain, this.files, this.positions, this.outbox, this.batchSize);
		Optional<ChainPosition> known = this.positions.lock(this.chain);
		ChainPosition start = known.isPresent() ? known.get() : recovery.begin();
		if (known.isEmpty()) {
			this.positions.add(this.chain, start);
		}
		ChainPosition kept = recovery.recover(start, known.isEmpty() || isSignedAfter(start));
		if (kept.seq() > start.seq()) {
			this.positions.move(this.chain, start, kept);
		}
		Optional<ChainFiles.SetAside> setAside = this.files.setAside(kept, this.clock.instant());
		ChainPosition recovered = kept;
		if (setAside.isPresent() || (recovery.isDatabaseBehind() && kept.seq() > start.seq())) {
			String reason = recovery.isDatabaseBehind() ? "lines that the database did not know of"
					: "lines of a transaction that did not commit";
			log.warn("Chain {} recovered from line {} on: {}{}", this.chain, start.seq() + 1, reason,
					setAside.map((bytes) -> ", " + bytes.text()).orElse(""));
			recovered = write(kept, List.of(recoveredEvent(reason, kept.seq() - start.seq(), setAside)));
		}
		// Lines that it keeps or writes are as good as an append.
		this.isAppendOwed &= recovered.seq() == start.seq();
		return recovered;
	}

	/**
	 * Only committed ends are signed, so a later checkpoint shows that the database is
	 * the older one.
	 */
	private boolean isSignedAfter(ChainPosition known) {
		AuditCheckpoint newest = this.checkpoints.last();
		return newest != null && newest.seq() > known.seq();
	}

	private String recoveredEvent(String reason, long kept, Optional<ChainFiles.SetAside> setAside) {
		return """
				{"event_id":"%s","event_type":"%s","timestamp":"%s","action":"recovered","reason":"%s",\
				"lines_kept":%d%s}""".formatted(UUID.randomUUID(), RECOVERED, this.clock.instant(), reason, kept,
				setAside.map((bytes) -> "," + bytes.json()).orElse(""));
	}

	/**
	 * Whether a checkpoint is due: some lines are not covered by any checkpoint sent
	 * since the start, and either the file is full or from another day, or the interval
	 * has passed, or the lines are from before the start.
	 */
	public synchronized boolean isCheckpointDue() {
		ChainPosition now = this.end;
		return this.key != null && now.seq() > 0
				&& (this.lastCheckpoint == null || this.lastCheckpoint.seq() < now.seq())
				&& (isFinished(now) || isIntervalOver());
	}

	/** Also once the clock has been set back, by hours perhaps. */
	private boolean isIntervalOver() {
		Duration passed = Duration.between(this.intervalBegan, this.clock.instant());
		return passed.isNegative() || passed.compareTo(this.properties.checkpointInterval()) >= 0;
	}

	/**
	 * Signs the chain's end and keeps the checkpoint beside the chain. An existing one
	 * for the same end is sent again, since its event may have been rolled back.
	 * @return the checkpoint, to be sent somewhere that nobody with write access here can
	 * change it
	 * @throws IOException when it could not be written
	 */
	public synchronized AuditCheckpoint checkpoint() throws IOException {
		AuditCheckpoint written = this.checkpoints.last();
		if (written == null || !written.hash().equals(this.end.hash())) {
			written = AuditCheckpoint.sign(this.end, this.chain, this.clock.instant(), this.key);
			this.checkpoints.append(written);
		}
		this.pendingCheckpoint = written;
		return written;
	}

	/**
	 * Appends all or none of the events in the caller's transaction, which must also
	 * remove them from the outbox.
	 * @param events events, one line each
	 * @throws SyncFailedException when they could not be forced; delivery stops then
	 * @throws IOException when they could not be written
	 */
	public synchronized void append(List<OutboxEvent> events) throws IOException {
		ChainPosition from = this.end;
		List<String> payloads = events.stream().map(OutboxEvent::payload).toList();
		// If anything fails from here on, the transaction rolls back and the end has to
		// be found again.
		this.pendingEnd = from;
		try {
			this.pendingEnd = write(from, payloads);
		}
		catch (IOException ex) {
			this.isAppendOwed = true;
			throw ex;
		}
		if (log.isDebugEnabled()) {
			events.forEach((event) -> log.debug("Event {} appended to {}", event.eventId(),
					this.files.path(this.pendingEnd.file())));
		}
	}

	private ChainPosition write(ChainPosition from, List<String> events) throws IOException {
		AuditBatch batch = new AuditBatch(from);
		events.forEach(batch::add);
		boolean begins = from.file() == null || (isFinished(from) && (isSigned(from) || !makesCheckpoints()));
		String file = begins ? new ChainFile(this.chain, today(), from.seq() + 1).name() : from.file();
		long start = begins ? 0 : from.length();
		ChainPosition to = batch.end(file, start);
		// This comes first: it fails if another process writes a chain of this name.
		this.positions.move(this.chain, from, to);
		this.files.append(file, start, batch.bytes());
		return to;
	}

	private boolean isFinished(ChainPosition position) {
		return position.length() >= this.properties.maxFileSize().toBytes()
				|| !ChainFile.of(position.file()).map(ChainFile::day).equals(Optional.of(today()));
	}

	/** A file is signed at its end, so that it can be archived. */
	private boolean isSigned(ChainPosition position) {
		AuditCheckpoint newest = this.checkpoints.last();
		return newest != null && newest.hash().equals(position.hash());
	}

	/** A site's own route may make none; in a recovery, it is not known yet. */
	private boolean makesCheckpoints() {
		return this.key != null && (this.isRecovering || this.lastCheckpoint != null);
	}

	private LocalDate today() {
		return LocalDate.ofInstant(this.clock.instant(), ZoneOffset.UTC);
	}

	/**
	 * Records a failed delivery: each cause is logged once, and the health is down, until
	 * a delivery succeeds.
	 * @param failure what went wrong
	 */
	public synchronized void failed(Exception failure) {
		String text = (failure instanceof AuditLogException) ? failure.getMessage()
				: ProblemTranslator.causeOf(failure);
		this.isReported = true;
		if (isStopped()) {
			log.error("Audit delivery stopped: the disk did not confirm what was written ({})."
					+ " Check the disk, then restart. Events wait in the outbox.", text);
			this.problem = "stopped, sync failed: " + text;
		}
		else {
			// The time in the name of a file, for one, is another at each attempt.
			if (this.told.add(text.replaceAll("\\d+", ""))) {
				log.error("Audit delivery fails and is tried again; events wait in the outbox: {}", text);
			}
			else {
				log.debug("Audit delivery still fails: {}", text);
			}
			this.problem = text;
		}
	}

	/** The name of this instance's chain, which is the instance id. */
	String chain() {
		return this.chain;
	}

	/** Number of the last line; 0 before the first, -1 while it is not known. */
	long lastSeq() {
		ChainPosition now = this.end;
		return (now != null) ? now.seq() : -1;
	}

	/** Hash of the last line, hexadecimal; null while it is not known. */
	String lastHash() {
		ChainPosition now = this.end;
		return (now != null) ? now.hash() : null;
	}

	/** The newest checkpoint; null if none was sent since the start. */
	AuditCheckpoint lastCheckpoint() {
		return this.lastCheckpoint;
	}

	/** Why no events are appended; empty while all is well. */
	Optional<String> problem() {
		return Optional.ofNullable(this.problem);
	}

	/** Whether delivery has stopped until a restart, after a failed sync. */
	boolean isStopped() {
		return this.files.hasSyncFailed();
	}

	/** Whether checkpoints are signed; false if there was no key at the start. */
	boolean isSigning() {
		return this.key != null;
	}

	/** The key that verifies this instance's signatures; empty without a key. */
	Optional<PublicKey> publicKey() {
		return Optional.ofNullable(this.key).map(SigningKey::publicKey);
	}

	@PreDestroy
	void close() throws IOException {
		this.files.close();
	}

	/** Is notified whether a delivery's transaction committed. */
	private final class Outcome implements TransactionSynchronization {

		@Override
		public void afterCompletion(int status) {
			synchronized (AuditLog.this) {
				settle(status == STATUS_COMMITTED);
				// No route reports this: its error policies end with the transaction.
				if (status != STATUS_COMMITTED && !AuditLog.this.isReported) {
					failed(new AuditLogException("the transaction did not commit"));
				}
			}
		}

	}

	private void settle(boolean committed) {
		if (!committed && this.pendingEnd != null) {
			this.end = null;
		}
		if (committed && this.pendingEnd != null) {
			this.end = this.pendingEnd;
			this.isAppendOwed &= this.isRecovering;
			if (this.intervalBegan == null) {
				this.intervalBegan = this.clock.instant()
					.minus((this.end.seq() > 0) ? this.properties.checkpointInterval() : Duration.ZERO);
			}
		}
		if (committed && this.pendingCheckpoint != null) {
			this.lastCheckpoint = this.pendingCheckpoint;
			this.intervalBegan = this.clock.instant();
		}
		if (committed && this.problem != null && !this.isRecovering && !this.isAppendOwed) {
			log.info("Audit delivery works again");
			this.problem = null;
			this.told.clear();
		}
		this.pendingEnd = null;
		this.pendingCheckpoint = null;
	}

}
