package io.agentassist.bridge.audit;

import java.nio.file.Path;
import java.util.List;

/**
 * The result of a verification.
 *
 * @param chains chains in the folder
 * @param files their files
 * @param lines lines read; fewer than exist if some are bad
 * @param checkpoints signed checkpoints that the chains agree with
 * @param uncovered lines after the last checkpoint of their chain: no signature vouches
 * for them yet
 * @param areSignaturesChecked whether public keys were given
 * @param findings what is bad, the first of each chain
 * @param notes what is not bad, but does not show in the counts: chains that do not begin
 * with line 1, or whose signatures were not checked
 */
record AuditVerification(int chains, int files, long lines, int checkpoints, long uncovered,
		boolean areSignaturesChecked, List<Finding> findings, List<String> notes) {

	/** Whether there was nothing to check: no file of an audit log was found. */
	boolean isEmpty() {
		return this.chains == 0 && this.findings.isEmpty();
	}

	/** Whether the log is as it was written: there are chains, and no findings. */
	boolean isAllWell() {
		return !isEmpty() && this.findings.isEmpty();
	}

	/** The result in one line: the all-clear with its counts, or how much is bad. */
	String summary() {
		String verdict = isAllWell() ? "OK" : isEmpty() ? "EMPTY" : "BAD (" + this.findings.size() + ")";
		return "%s: %d %s, %d %s, %d %s, %d %s (signatures %s), %d %s not yet covered by a checkpoint".formatted(
				verdict, this.chains, (this.chains == 1) ? "chain" : "chains", this.files,
				(this.files == 1) ? "file" : "files", this.lines, (this.lines == 1) ? "line" : "lines",
				this.checkpoints, (this.checkpoints == 1) ? "checkpoint" : "checkpoints",
				this.areSignaturesChecked ? "checked" : "not checked, no --public-key", this.uncovered,
				(this.uncovered == 1) ? "line" : "lines");
	}

	/**
	 * Something bad.
	 *
	 * @param file the file
	 * @param line number of the line in the file, from 1; 0 if the file as a whole is bad
	 * @param reason what is wrong with it
	 */
	record Finding(Path file, long line, String reason) {

		@Override
		public String toString() {
			return this.file + ":" + this.line + ": " + this.reason;
		}

	}

}
