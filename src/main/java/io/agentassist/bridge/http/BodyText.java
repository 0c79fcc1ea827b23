package io.agentassist.bridge.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import org.springframework.stereotype.Component;

/**
 * Decodes bodies strictly: Jackson, given bytes, accepts overlong sequences and other
 * encodings.
 */
@Component
public class BodyText {

	/** RFC 8259 lets a parser ignore it. */
	private static final String BYTE_ORDER_MARK = "\uFEFF";

	/**
	 * Decodes a body.
	 * @param body the bytes as received, may be null
	 * @return the text, without a byte order mark
	 * @throws CharacterCodingException if they are not UTF-8
	 */
	public String decode(byte[] body) throws CharacterCodingException {
		String text = StandardCharsets.UTF_8.newDecoder()
			.decode(ByteBuffer.wrap((body != null) ? body : new byte[0]))
			.toString();
		return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
	}

}
