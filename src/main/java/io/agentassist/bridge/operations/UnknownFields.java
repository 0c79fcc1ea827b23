package io.agentassist.bridge.operations;

import java.util.List;

import io.agentassist.bridge.failure.InvalidRequestException;

import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameter;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;
import org.springframework.stereotype.Component;

/**
 * Refuses orders of operators on the management port that have a field or parameter which
 * the operation does not know (400). Spring ignores it, so that a redrive whose
 * {@code since} is misspelt would redrive everything. What is only read is not checked.
 */
@Component
class UnknownFields implements OperationInvokerAdvisor {

	@Override
	public OperationInvoker apply(EndpointId endpoint, OperationType type, OperationParameters parameters,
			OperationInvoker invoker) {
		if (type == OperationType.READ) {
			return invoker;
		}
		List<String> known = parameters.stream().map(OperationParameter::getName).toList();
		// The others are in the path.
		List<String> fields = parameters.stream()
			.filter((parameter) -> parameter.getAnnotation(Selector.class) == null)
			.map(OperationParameter::getName)
			.toList();
		return (context) -> {
			for (String name : context.getArguments().keySet()) {
				if (!known.contains(name)) {
					throw new InvalidRequestException(name, fields.isEmpty() ? "This operation has no fields."
							: "Unknown field; those of this operation are: " + String.join(", ", fields) + ".");
				}
			}
			return invoker.invoke(context);
		};
	}

}
