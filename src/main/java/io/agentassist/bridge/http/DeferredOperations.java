package io.agentassist.bridge.http;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.component.rest.openapi.DefaultRestOpenapiProcessorStrategy;
import org.apache.camel.support.processor.RestBindingAdvice;

/**
 * Keeps the call of an operation's route until the contract's route has ended. Camel
 * makes the call before the contract's route begins, in an advice, which holds the
 * request's thread until the operation's route has ended, even if that route waits
 * without one (RestOpenApiEndpoint.RestOpenApiProcessorAdvice, Camel 4.17).
 */
class DeferredOperations extends DefaultRestOpenapiProcessorStrategy {

	/** The call, a consumer of its callback. */
	private static final String CALL = "deferredOperation";

	@Override
	public boolean process(OpenAPI contract, Operation operation, String verb, String path, RestBindingAdvice binding,
			Exchange exchange, AsyncCallback callback) {
		Consumer<AsyncCallback> call = (done) -> super.process(contract, operation, verb, path, binding, exchange,
				done);
		exchange.setProperty(CALL, call);
		callback.done(true);
		return true;
	}

	/**
	 * Makes the call that was kept, if there is one.
	 * @param exchange the exchange, done with the contract's route
	 * @param callback called once, when the operation's route has ended, maybe by another
	 * thread, or could not be called
	 */
	@SuppressWarnings("unchecked")
	static void call(Exchange exchange, AsyncCallback callback) {
		Consumer<AsyncCallback> call = (Consumer<AsyncCallback>) exchange.removeProperty(CALL);
		if (call == null || exchange.getException() != null) {
			callback.done(true);
			return;
		}
		AtomicBoolean ended = new AtomicBoolean();
		AsyncCallback once = (done) -> {
			if (!ended.getAndSet(true)) {
				callback.done(done);
			}
		};
		try {
			// The contract's route ends with a stop.
			exchange.setRouteStop(false);
			call.accept(once);
		}
		// Camel, which called this, would swallow it, and nobody would be answered.
		catch (RuntimeException | LinkageError | StackOverflowError ex) {
			if (!ended.get()) {
				exchange.setException(ex);
			}
			once.done(true);
		}
	}

}
