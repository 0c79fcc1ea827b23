package io.agentassist.bridge.failure;

import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Work that is done at short intervals. Logs when it begins to fail and when it works
 * again, not each attempt in between. For one thread at a time.
 */
public final class RepeatedWork {

	private final Logger log;

	private final String name;

	private boolean failing;

	/**
	 * Creates it.
	 * @param log where to log
	 * @param name what is done, the subject of the log lines
	 */
	public RepeatedWork(Logger log, String name) {
		this.log = log;
		this.name = name;
	}

	/**
	 * Notes that there is nothing to do at the moment. Nobody knows whether it would
	 * fail, so the next failure is logged.
	 */
	public void rest() {
		this.failing = false;
	}

	/**
	 * Does the work once. Catches everything, since an exception would end its schedule.
	 * @param work the work
	 */
	public void attempt(Runnable work) {
		try {
			work.run();
			if (this.failing) {
				this.failing = false;
				this.log.info("{} works again", this.name);
			}
		}
		catch (RuntimeException | Error ex) {
			this.log.atLevel(this.failing ? Level.DEBUG : Level.WARN)
				.log("{} fails and is tried again: {}", this.name, ProblemTranslator.causeOf(ex));
			this.failing = true;
		}
	}

}
