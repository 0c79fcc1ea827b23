package io.agentassist.bridge.operations;

import java.util.regex.Pattern;

import org.apache.camel.CamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.spi.ModelToXMLDumper;
import org.apache.camel.spring.boot.CamelContextConfiguration;
import org.apache.camel.xml.LwModelToXMLDumper;

import org.springframework.stereotype.Component;

/**
 * Fixes the XML of routes that Camel's MBeans show. Placeholders are left as they are,
 * even if a caller asks for their values, which may be secrets. And Hawtio can draw it:
 * Camel writes a route's {@code errorHandler} before its {@code from}. Hawtio 5.2.0
 * expects {@code from} to be the first element and links anything before it to a step
 * that does not exist, after which its layout fails for every route until the page is
 * reloaded.
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
	public String dumpModelAsXml(CamelContext camel, NamedNode definition, boolean resolvePlaceholders,
			boolean generatedIds, boolean sourceLocations) throws Exception {
		String xml = super.dumpModelAsXml(camel, definition, false, generatedIds, sourceLocations);
		return BEFORE_FROM.matcher(xml).replaceAll("$2$1");
	}

}
