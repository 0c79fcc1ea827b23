package io.agentassist.bridge.operations;

import java.util.regex.Pattern;

import org.apache.camel.CamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.spi.ModelToXMLDumper;
import org.apache.camel.spring.boot.CamelContextConfiguration;
import org.apache.camel.xml.LwModelToXMLDumper;

import org.springframework.stereotype.Component;

/**
 * The XML of the routes that Camel's MBeans show, so that Hawtio can draw it. Hawtio
 * 5.2.0 takes {@code from} for a route's first element and links what stands before it to
 * a step that there is not. After that its layout fails for every route, until the page
 * is loaded anew. Camel writes a route's {@code errorHandler} there.
 */
@Component
class RouteXml extends LwModelToXMLDumper implements CamelContextConfiguration {

	private static final Pattern BEFORE_FROM = Pattern.compile("(<errorHandler>.*?</errorHandler>\\s*)(<from [^>]*/>)",
			Pattern.DOTALL);

	@Override
	public void beforeApplicationStart(CamelContext camel) {
		camel.getCamelContextExtension().addContextPlugin(ModelToXMLDumper.class, this);
	}

	@Override
	public void afterApplicationStart(CamelContext camel) {
	}

	@Override
	public String dumpModelAsXml(CamelContext camel, NamedNode definition) throws Exception {
		return fromFirst(super.dumpModelAsXml(camel, definition));
	}

	@Override
	public String dumpModelAsXml(CamelContext camel, NamedNode definition, boolean resolvePlaceholders,
			boolean generatedIds, boolean sourceLocations) throws Exception {
		return fromFirst(super.dumpModelAsXml(camel, definition, resolvePlaceholders, generatedIds, sourceLocations));
	}

	private static String fromFirst(String xml) {
		return BEFORE_FROM.matcher(xml).replaceAll("$2$1");
	}

}
