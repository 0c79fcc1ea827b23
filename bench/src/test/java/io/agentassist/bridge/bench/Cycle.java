package io.agentassist.bridge.bench;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;

import static io.gatling.javaapi.core.CoreDsl.ElFileBody;
import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.exitBlockOnFail;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.percent;
import static io.gatling.javaapi.core.CoreDsl.randomSwitch;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

/**
 * One suggestion request from the agent's desktop to the ranked suggestions: the trigger,
 * and the callback that the provider would send for it. One in twenty agents then takes a
 * suggestion.
 */
final class Cycle {

	/** Of each callback. */
	static final int SUGGESTIONS = 5;

	/** Different suggestions come in so many cycles; then they come again. */
	private static final int DIFFERENT = 400_000;

	/** Prime to it: neighbours in time are none in the tables. */
	private static final int STEP = 7919;

	private static final double FEEDBACK_PERCENT = 5.0;

	private static final String FEEDBACK = """
			{"request_id":"#{request_id}","suggestion_id":"sug-#{seq}-2","action":"accepted","agent_id":"agent-1"}""";

	private final AtomicLong sequence = new AtomicLong();

	private final Ledger ledger;

	Cycle(Ledger ledger) {
		this.ledger = ledger;
	}

	/**
	 * Builds the chain.
	 * @param phase keeps apart, in the report, what is warm-up and what counts
	 * @return one cycle; it is a group of that name, so that the report has its time too
	 */
	ChainBuilder in(String phase) {
		return in(phase, (nanos) -> {
		});
	}

	/**
	 * Builds the chain.
	 * @param phase as above
	 * @param times gets the nanoseconds from each trigger to the answer of its callback
	 * @return one cycle
	 */
	ChainBuilder in(String phase, LongConsumer times) {
		ChainBuilder cycle = exitBlockOnFail().on(exec(trigger()).exec(callback()).exec(acknowledged("presented")));
		ChainBuilder feedback = exitBlockOnFail().on(exec(feedback(phase)).exec(acknowledged("accepted")));
		return exec(this::next).group(phase)
			.on(cycle)
			.exec((session) -> {
				times.accept(System.nanoTime() - session.getLong("began"));
				return session;
			})
			.doIf((session) -> !session.isFailed())
			.then(randomSwitch().on(percent(FEEDBACK_PERCENT).then(feedback)));
	}

	/**
	 * Numbers the next cycle, whatever became of the last one.
	 * @param session the user
	 * @return the user, ready for another cycle
	 */
	Session next(Session session) {
		return session.markAsSucceeded()
			.set("seq", this.sequence.incrementAndGet() * STEP % DIFFERENT)
			.set("began", System.nanoTime());
	}

	static HttpRequestActionBuilder trigger() {
		return http("trigger").post("/agentassist/suggestions")
			.asJson()
			.body(ElFileBody("trigger.json"))
			.check(status().is(202), jsonPath("$.request_id").saveAs("request_id"));
	}

	private static HttpRequestActionBuilder callback() {
		return http("callback").post("/agentassist/callback")
			.asJson()
			.body(ElFileBody("callback.json"))
			.check(status().is(200), jsonPath("$.status").is("processed"),
					jsonPath("$.ranked_suggestions[*]").count().is(SUGGESTIONS));
	}

	private static HttpRequestActionBuilder feedback(String phase) {
		return http(phase + " feedback").post("/agentassist/feedback")
			.asJson()
			.body(StringBody(FEEDBACK))
			.check(status().is(202));
	}

	private ChainBuilder acknowledged(String action) {
		return exec((session) -> {
			this.ledger.acknowledged(action, session.getString("request_id"));
			return session;
		});
	}

}
