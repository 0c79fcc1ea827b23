package io.agentassist.bridge.operations;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;

import javax.management.JMException;
import javax.management.ObjectName;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.impl.debugger.BacklogTracer;
import org.apache.camel.spi.BacklogTracerEventMessage;
import org.apache.camel.spring.boot.CamelContextConfiguration;
import org.apache.camel.util.URISupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;

/**
 * Message tracing for Hawtio: which steps a message took, how long each took, and which
 * headers it had. The contents of headers and body, and thus transcripts, suggestions and
 * secrets, are masked: they never leave Camel's tracer, which this replaces in JMX. It is
 * installed only if there is an operator, since with it each step of a route checks
 * whether tracing is on.
 */
@Component
@ManagedResource(description = "Message tracing, contents masked")
public class MaskedTracer implements CamelContextConfiguration {

	private static final Logger log = LoggerFactory.getLogger(MaskedTracer.class);

	private static final String MASKED = "(masked)";

	private static final String MESSAGE = "backlogTracerEventMessage";

	private static final int BACKLOG = 1000;

	private final boolean possible;

	private BacklogTracer tracer;

	MaskedTracer(LogIns logIns) {
		this.possible = logIns.operator().isSet();
	}

	@Override
	public void beforeApplicationStart(CamelContext camel) {
		if (!this.possible) {
			return;
		}
		camel.setBacklogTracingStandby(true);
		this.tracer = BacklogTracer.createTracer(camel);
		this.tracer.setStandby(true);
		// Deliveries that poll for events fill some 60 entries a second; Hawtio asks
		// every 5 s.
		this.tracer.setBacklogSize(BACKLOG);
		// The less is held in memory, the better.
		this.tracer.setBodyMaxChars(1);
		this.tracer.setBodyIncludeFiles(false);
		this.tracer.setIncludeExchangeProperties(false);
		this.tracer.setIncludeExchangeVariables(false);
		this.tracer.setIncludeException(false);
		camel.getCamelContextExtension().addContextPlugin(BacklogTracer.class, this.tracer);
	}

	@Override
	public void afterApplicationStart(CamelContext camel) {
		if (!this.possible) {
			return;
		}
		var management = camel.getManagementStrategy();
		try {
			ObjectName name = management.getManagementObjectNameStrategy().getObjectNameForTracer(camel, this.tracer);
			management.getManagementAgent().unregister(name);
			management.getManagementAgent().register(this, name);
		}
		catch (JMException ex) {
			throw new IllegalStateException("Message tracing cannot be masked", ex);
		}
	}

	/**
	 * Whether messages are traced.
	 * @return whether they are
	 */
	@ManagedAttribute(description = "Whether messages are traced, in this instance, until its restart at the latest")
	public boolean isEnabled() {
		return this.tracer.isEnabled();
	}

	/**
	 * Turns tracing of messages on or off.
	 * @param enabled whether to trace
	 */
	@ManagedOperation(description = "Starts or stops message tracing")
	public void setEnabled(boolean enabled) {
		if (enabled != this.tracer.isEnabled()) {
			log.warn("Message tracing was {} by an operator", enabled ? "started" : "stopped");
		}
		this.tracer.setEnabled(enabled);
	}

	/**
	 * Returns the steps traced since the last call, at most the last 1000.
	 * @return XML in the format of Camel's tracer, without the contents of headers and
	 * bodies
	 * @throws XMLStreamException never
	 */
	@ManagedOperation(description = "Steps since the last dump, at most 1000; contents masked")
	public String dumpAllTracedMessagesAsXml() throws XMLStreamException {
		StringWriter text = new StringWriter();
		XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
		xml.writeStartElement(MESSAGE + "s");
		for (BacklogTracerEventMessage event : this.tracer.dumpAllTracedMessages()) {
			write(event, xml);
		}
		xml.writeEndElement();
		return text.toString();
	}

	/**
	 * How many characters of a body are shown.
	 * @return 0
	 */
	@ManagedAttribute(description = "0: no body is shown. Hawtio sets this, without effect")
	public int getBodyMaxChars() {
		return 0;
	}

	@ManagedAttribute
	public void setBodyMaxChars(int ignored) {
	}

	/**
	 * Whether streams are shown.
	 * @return false
	 */
	@ManagedAttribute(description = "No body is shown. Hawtio sets this, without effect")
	public boolean isBodyIncludeStreams() {
		return false;
	}

	@ManagedAttribute
	public void setBodyIncludeStreams(boolean ignored) {
	}

	/**
	 * Whether files are shown.
	 * @return false
	 */
	@ManagedAttribute(description = "No body is shown. Hawtio sets this, without effect")
	public boolean isBodyIncludeFiles() {
		return false;
	}

	@ManagedAttribute
	public void setBodyIncludeFiles(boolean ignored) {
	}

	/**
	 * Lists what is shown, so that anything new in the next version of Camel is masked
	 * too.
	 */
	private static void write(BacklogTracerEventMessage event, XMLStreamWriter xml) throws XMLStreamException {
		xml.writeStartElement(MESSAGE);
		write("uid", event.getUid(), xml);
		write("timestamp", event.getTimestamp(), xml);
		write("elapsed", event.getElapsed(), xml);
		write("routeId", event.getRouteId(), xml);
		write("toNode", event.getToNode(), xml);
		write("exchangeId", event.getExchangeId(), xml);
		write("failed", event.isFailed(), xml);
		write("endpointUri", URISupport.sanitizeUri(event.getEndpointUri()), xml);
		if (event.asJSon().get("message") instanceof Map<?, ?> message) {
			xml.writeStartElement("message");
			xml.writeStartElement("headers");
			if (message.get("headers") instanceof List<?> headers) {
				for (Object header : headers) {
					writeMasked("header", (Map<?, ?>) header, xml);
				}
			}
			xml.writeEndElement();
			if (message.get("body") instanceof Map<?, ?> body) {
				writeMasked("body", body, xml);
			}
			xml.writeEndElement();
		}
		xml.writeEndElement();
	}

	private static void writeMasked(String name, Map<?, ?> value, XMLStreamWriter xml) throws XMLStreamException {
		xml.writeStartElement(name);
		for (String attribute : List.of("key", "type", "size")) {
			if (value.get(attribute) != null) {
				xml.writeAttribute(attribute, value.get(attribute).toString());
			}
		}
		xml.writeCharacters(MASKED);
		xml.writeEndElement();
	}

	private static void write(String name, Object value, XMLStreamWriter xml) throws XMLStreamException {
		if (value != null) {
			xml.writeStartElement(name);
			xml.writeCharacters(value.toString());
			xml.writeEndElement();
		}
	}

}
