package io.agentassist.bridge.security;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agentassist.bridge.StrictBridgeTest;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Attacks a live instance with bad requests, byte by byte: none gets a 5xx, changes
 * anything, or learns anything of what is inside.
 */
class AttackTest extends StrictBridgeTest {

	private static final List<String> INTERNALS = List.of("Exception", "\tat ", "io.agentassist", "org.apache",
			"org.springframework", "com.fasterxml", "java.", "jakarta.", "tomcat", "camel", "hibernate", "jdbc",
			"select ", "<html", "h2", "/tmp", "/home", "password", "caused by", API_KEY, CALLBACK_SECRET);

	private static final String ASK = "/agentassist/suggestions";

	private static final String CALLBACK = "/agentassist/callback";

	private static final String FEEDBACK = "/agentassist/feedback";

	private static final String KEY = "X-API-Key: " + API_KEY;

	static List<Attack> attacks() {
		List<Attack> attacks = new ArrayList<>();
		paths(attacks);
		methods(attacks);
		framing(attacks);
		types(attacks);
		bodies(attacks);
		fields(attacks);
		callbackUrls(attacks);
		keys(attacks);
		signatures(attacks);
		callbacks(attacks);
		feedback(attacks);
		return attacks;
	}

	private static void paths(List<Attack> attacks) {
		for (String path : List.of("/agentassist/../actuator/env", "/agentassist/%2e%2e/actuator/env",
				"/agentassist/..%2factuator%2fenv", "/agentassist/..;/actuator/env", "/agentassist/.%00./actuator",
				"/..%5c..%5cwindows", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/....//....//etc/passwd",
				"/%252e%252e/etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/agentassist/suggestions/%00",
				"/agentassist/suggestions/%zz", "/agentassist/suggestions/%", "/agentassist/suggestions/%2",
				"/agentassist/suggestions/%ff%fe", "/agentassist/suggestions/a%0d%0aX-Planted:%20yes",
				"/agentassist/suggestions/a%2fb", "/agentassist/suggestions/a\\b", "/agentassist/suggestions/a|b",
				"/agentassist/suggestions/{request_id}", "/agentassist/suggestions/<script>alert(1)</script>",
				"/agentassist/suggestions/%3Cscript%3Ealert(1)%3C/script%3E",
				"/agentassist/suggestions/'%20OR%20'1'='1", "/agentassist/suggestions/x'%3BDROP%20TABLE%20outbox--",
				"/agentassist/suggestions/$%7Bjndi:ldap://127.0.0.1:1/a%7D",
				"/agentassist/suggestions/$%7Bbean:outbox%7D", "/agentassist/suggestions/%7B%7Bsys:user.home%7D%7D",
				"/agentassist/suggestions/*", "/agentassist/suggestions/" + "a".repeat(201),
				"/agentassist/suggestions/" + "%F0%9F%98%80".repeat(200), "/agentassist/suggestions/;jsessionid=1",
				"/agentassist/suggestions/x?wait=forever", "/agentassist/suggestions/x?wait=PT" + "9".repeat(40) + "S",
				"/agentassist/suggestions/x?wait=PT1S&wait=PT2S", "/agentassist/suggestions/x?wait=%00",
				"/agentassist/suggestions/x?%zz", "/agentassist/suggestions/x?a=%", "/actuator", "/actuator/env",
				"/actuator/heapdump", "/actuator/jolokia", "/actuator/shutdown", "/actuator/loggers", "/jolokia",
				"/hawtio", "/h2-console", "/console", "/.env", "/.git/config", "/config/application.yaml",
				"/routes/api.camel.yaml", "/data/agent-assist-bridge.mv.db", "/WEB-INF/web.xml",
				"/META-INF/MANIFEST.MF", "/error", "/sandbox/oauth/token", "/camel", "/v3/api-docs",
				"/swagger-ui/index.html", "/trace", "/manager/html", "/cgi-bin/test", "/index.php",
				"/openapi.yaml/..%2f..%2fconfig", "/agentassist", "//agentassist//feedback",
				"http://elsewhere.example/agentassist/suggestions/x", "*", "x", "")) {
			attacks.add(raw("GET path " + shown(path), "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\n\r\n"));
		}
		attacks.add(raw("path of 6000",
				"GET /agentassist/suggestions/" + "a".repeat(6000) + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\n\r\n"));
		attacks.add(raw("query of 6000",
				"GET /agentassist/suggestions/x?" + "a".repeat(6000) + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\n\r\n"));
		attacks.add(raw("path of 100000", "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
		attacks.add(raw("path without end", "GET /" + "a".repeat(20_000)));
	}

	private static void methods(List<Attack> attacks) {
		for (String method : List.of("TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "GET\t", "G\0T",
				"A".repeat(5000), "POST\u00a0", "DEBUG", "TRACK")) {
			attacks.add(raw("method " + shown(method),
					method + " " + ASK + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\nContent-Length: 0\r\n\r\n"));
		}
		for (String override : List.of("X-HTTP-Method-Override: POST", "X-HTTP-Method: POST",
				"X-Method-Override: POST")) {
			attacks.add(raw("GET with " + override,
					"GET " + ASK + " HTTP/1.1\r\nHost: a\r\n" + KEY + "\r\n" + override + "\r\n\r\n"));
		}
	}

	private static void framing(List<Attack> attacks) {
		String body = suggestionRequest("conv-smuggled").toString();
		String start = "POST " + ASK + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
		String length = "Content-Length: " + body.length() + "\r\n";
		for (String header : List.of("Content-Length: -1", "Content-Length: +5", "Content-Length: 0x10",
				"Content-Length: 99999999999999999999", "Content-Length: 1e3", "Content-Length: ",
				"Content-Length: 5, 6", "Content-Length: 5\r\nContent-Length: 6",
				"Transfer-Encoding: chunked, identity", "Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: x",
				"Transfer-Encoding: cow", "Transfer-Encoding: \u000bchunked", "Transfer-Encoding: xchunked",
				"Content-Length: 5\r\n" + "Transfer-Encoding: cow")) {
			attacks.add(raw("framing " + shown(header), start + KEY + "\r\n" + header + "\r\n\r\n" + body));
		}
		for (String chunk : List.of("zz\r\n{}\r\n0\r\n\r\n", "-5\r\n{}\r\n0\r\n\r\n", "ffffffffffffffff\r\n{}\r\n",
				"5\r\n{}", "2\r\n{}X\r\n0\r\n\r\n", "2;" + "a".repeat(20_000) + "\r\n{}\r\n0\r\n\r\n",
				"0\r\nX: " + "a".repeat(20_000) + "\r\n\r\n", "")) {
			attacks.add(raw("chunk " + shown(chunk), start + KEY + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk));
		}
		for (String header : List.of("X y: 1", "X\0: 1", ": 1", "NoColon", "X: a\0b", " folded: 1", "X: 1\r\n folded",
				"Host: b", "Host: a b", "Host: ../..", "Host: a@b", "Expect: 200-maybe", "Big: " + "a".repeat(9000),
				"X-\u00e9: 1")) {
			attacks.add(raw("header " + shown(header), start + header + "\r\n" + length + "\r\n" + body));
		}
		attacks.add(raw("200 headers", start + "X-A: 1\r\n".repeat(200) + length + "\r\n" + body));
		attacks
			.add(raw("two keys, the first wrong", start + "X-API-Key: x\r\n" + KEY + "\r\n" + length + "\r\n" + body));
		attacks.add(raw("no Host", "GET /openapi.yml HTTP/1.1\r\n\r\n"));
		for (String version : List.of("HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1x", "http/1.1",
				"FTP/1.1", "HTTP/1", "")) {
			attacks.add(raw("version " + version,
					"POST " + ASK + " " + version + "\r\nHost: a\r\n" + KEY + "\r\nContent-Length: 0\r\n\r\n"));
		}
		attacks.add(raw("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
		attacks.add(raw("TLS hello", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003" + "x".repeat(40)));
		attacks.add(raw("noise", "\u0001\u0002\u0003\r\n\r\n"));
		attacks.add(raw("SSH", "SSH-2.0-OpenSSH_9.2\r\n"));
		attacks.add(raw("body cut off", start + KEY + "\r\n" + "Content-Length: 5000\r\n\r\n" + body));
	}

	private static void types(List<Attack> attacks) {
		String body = suggestionRequest("conv-typed").toString();
		for (String type : List.of("text/plain", "text/xml", "application/xml", "application/x-www-form-urlencoded",
				"multipart/form-data; boundary=x", "application/x-java-serialized-object", "application/yaml",
				"application/octet-stream", "image/png", "*/*", "application/*", "json", "application/json/x", ";",
				"a/b/c", "application/jsonp", "application/json, text/plain", "${jndi:ldap://127.0.0.1:1/a}")) {
			for (String path : List.of(ASK, FEEDBACK)) {
				attacks.add(posted("type " + type + " to " + path, path, body, KEY, "Content-Type: " + type));
			}
		}
	}

	private static void bodies(List<Attack> attacks) {
		Map<String, String> bodies = new TreeMap<>();
		for (String body : List.of("", " ", "null", "[]", "\"x\"", "1", "true", "{", "}", "{]", "{\"a\":}", "{a:1}",
				"{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":0x1}", "{\"a\":+1}",
				"{\"a\":1}{\"a\":1}", "/* x */{}", "<xml/>", "a=b", "\ufeff{", "{\"a\":\"\t\"}", "{\"a\":\"\\x\"}",
				"{\"a\":\"\\ud800\"", "--- !!javax.script.ScriptEngineManager []", "\u00ac\u00ed\0\u0005sr")) {
			bodies.put(shown(body), body);
		}
		bodies.put("nested 10000", "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}");
		bodies.put("nested objects 10000", "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000));
		bodies.put("number of 10000 digits", "{\"a\":" + "9".repeat(10_000) + "}");
		bodies.put("exponent", "{\"conversation_id\":1e999999999}");
		bodies.put("exponent of 17 digits", "{\"a\":1e30000000000000000}");
		bodies.put("string of 200000", "{\"a\":\"" + "x".repeat(200_000) + "\"}");
		bodies.put("name of 100000", "{\"" + "x".repeat(100_000) + "\":1}");
		bodies.put("array of 100000", "{\"a\":[" + "1,".repeat(100_000) + "1]}");
		bodies.put("100000 fields",
				"{" + String.join(",", IntStream.range(0, 20_000).mapToObj((i) -> "\"f" + i + "\":1").toList()) + "}");
		bodies.put("over the limit", "{\"a\":\"" + "x".repeat(300_000) + "\"}");
		bodies.forEach((name, body) -> {
			attacks.add(posted("ask with " + name, ASK, body, KEY));
			attacks.add(posted("feedback with " + name, FEEDBACK, body, KEY));
			// These two are callbacks without a status, as far as a callback is read.
			if (!Set.of("exponent", "string of 200000").contains(name)) {
				attacks.add(signedCallback("signed callback with " + name, body));
			}
		});
		for (String charset : List.of("UTF-16", "UTF-32", "IBM1047")) {
			attacks.add(bytes("ask in " + charset, ASK,
					("{\"x\":\"" + "é".repeat(3) + "\"}").getBytes(Charset.forName(charset)), KEY));
		}
		attacks.add(bytes("not UTF-8", ASK, new byte[] { '{', '"', (byte) 0xff, '"', ':', '1', '}' }, KEY));
		attacks.add(bytes("gzip", ASK, new byte[] { 0x1f, (byte) 0x8b, 8, 0, 0 }, KEY, "Content-Encoding: gzip"));
	}

	private static void fields(List<Attack> attacks) {
		Map<String, Consumer<ObjectNode>> changes = new TreeMap<>();
		for (String field : List.of("conversation_id", "transcript", "knowledge_source_ids")) {
			changes.put("without " + field, (request) -> request.remove(field));
			changes.put("null " + field, (request) -> request.putNull(field));
			changes.put("object for " + field,
					(request) -> request.putObject(field).put("@class", "java.lang.Runtime"));
			changes.put("number for " + field, (request) -> request.put(field, 1));
			changes.put("nested array for " + field, (request) -> request.putArray(field).addArray());
			changes.put("empty " + field, (request) -> request.put(field, ""));
		}
		for (String field : List.of("agent_skills", "agent_id", "callback_url", "is_async")) {
			changes.put("object for " + field, (request) -> request.putObject(field).put("@type", "x"));
			changes.put("array for " + field, (request) -> request.putArray(field).addObject());
		}
		changes.put("transcript of 5001", (request) -> request.put("transcript", "x".repeat(5001)));
		changes.put("11 sources", (request) -> IntStream.range(0, 11)
			.forEach((i) -> request.withArray("/knowledge_source_ids").add("x")));
		changes.put("101 skills",
				(request) -> IntStream.range(0, 101).forEach((i) -> request.withArray("/agent_skills").add("x")));
		for (String id : List.of("a\0b", "a\nb", "a\r\nX-Planted: yes", "\u001b[31m", "x".repeat(201), " ", "\u007f")) {
			changes.put("conversation_id " + shown(id), (request) -> request.put("conversation_id", id));
			changes.put("agent_id " + shown(id) + "!", (request) -> request.put("agent_id", id + "\0"));
		}
		changes.forEach((name, change) -> attacks
			.add(posted(name, ASK, suggestionRequest("conv-attack", change).toString(), KEY)));
	}

	private static void callbackUrls(List<Attack> attacks) {
		for (String url : List.of("", " ", "/agentassist/callback", "//bridge.example/x", "http://bridge.example/x",
				"https://bridge.example", "https://bridge.example:8443/x", "https://bridge.example.evil.example/x",
				"https://evil.example/https://bridge.example/", "https://bridge.example@evil.example/x",
				"https://user:secret@bridge.example/x", "https://bridge.example\\@evil.example/x",
				"https://bridge.example/../x", "https://bridge.example/a/%2e%2e/x",
				"https://bridge.example/a/%2E%2e%2Fx", "https://bridge.example/a%5cx", "https://bridge.example/a%252e",
				"https://bridge.example/a;b=c/x", "https://bridge.example/#f", "https://bridge.example/a b",
				"https://bridge.example/a\r\nX: y", "https://bridge.example/%00", "https://bridge%2eexample/x",
				"https://[::1]/x", "https://127.0.0.1/x", "http://169.254.169.254/latest/meta-data",
				"http://localhost:8081/actuator", "http://0/x", "http://2130706433/x", "file:///etc/passwd",
				"jar:http://evil.example!/x", "gopher://x:70/1", "ldap://evil.example/x", "javascript:alert(1)",
				"data:text/plain,x", "direct:receiveCallback", "https://partner.example:8443/hooksx",
				"https://partner.example:8443/hooks/../admin", "https://partner.example/hooks/x",
				"https://partner.example:8443/", "mailto:x@bridge.example", "https:bridge.example/x",
				"https:///bridge.example/x", "${jndi:ldap://127.0.0.1:1/a}")) {
			attacks.add(posted("callback_url " + shown(url), ASK,
					suggestionRequest("conv-attack", (request) -> request.put("callback_url", url)).toString(), KEY));
		}
	}

	private static void keys(List<Attack> attacks) {
		String body = suggestionRequest("conv-attack").toString();
		for (String header : List.of("X-None: 1", "X-API-Key:", "X-API-Key: x", "X-API-Key: " + API_KEY + "x",
				"X-API-Key: " + API_KEY.toUpperCase(Locale.ROOT), "X-API-Key: \"" + API_KEY + "\"",
				"X-API-Key: " + API_KEY + ", " + API_KEY, "Authorization: Bearer " + API_KEY,
				"Authorization: " + API_KEY, "Cookie: X-API-Key=" + API_KEY, "X_API_Key: " + API_KEY,
				"X-API-Key: ' OR '1'='1", "X-API-Key: *", "X-API-Key: " + ApiKeys.hash(API_KEY),
				"X-Forwarded-For: 127.0.0.1", "X-Original-URL: /openapi.yaml", "X-Rewrite-URL: /openapi.yaml")) {
			attacks.add(posted("key " + header, ASK, body, header));
			attacks.add(raw("GET key " + header,
					"GET /agentassist/conversations/x/suggestions HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n"));
		}
		attacks.add(posted("key in the query", ASK + "?X-API-Key=" + API_KEY + "&apiKey=" + API_KEY, body));
		attacks.add(posted("key in the path", "/agentassist/suggestions;X-API-Key=" + API_KEY, body));
		attacks.add(posted("callback's path in front", "/agentassist/callback/../suggestions", body));
		attacks.add(posted("callback's path with a slash", "/agentassist/callback/", body));
	}

	private static void signatures(List<Attack> attacks) {
		String body = completed("attack").toString();
		String good = signature(body.getBytes(StandardCharsets.UTF_8), CALLBACK_SECRET);
		for (String header : List.of("X-None: 1", "X-Hub-Signature-256:", "X-Hub-Signature-256: sha256=",
				"X-Hub-Signature-256: " + good + "A", "X-Hub-Signature-256: " + good.substring(1),
				"X-Hub-Signature-256: " + good.replace("sha256", "SHA256"),
				"X-Hub-Signature-256: " + good + "\r\nX-Hub-Signature-256: " + good,
				"X-Hub-Signature-256: " + good.replace('=', ' '), "X-Hub-Signature: " + good, KEY,
				"Authorization: Bearer " + CALLBACK_SECRET, "X-API-Key: " + CALLBACK_SECRET,
				"X-Hub-Signature-256: " + signature(body.getBytes(StandardCharsets.UTF_8), "x".repeat(16)),
				"webhook-signature: v1," + good.substring(7))) {
			attacks.add(posted("signature " + shown(header), CALLBACK, body, header));
		}
		attacks.add(posted("changed body", CALLBACK, body + " ", "X-Hub-Signature-256: " + good));
		attacks
			.add(posted("signature in the query", CALLBACK + "?X-Hub-Signature-256=" + good.replace("+", "%2B"), body));
	}

	private static void callbacks(List<Attack> attacks) {
		for (String body : List.of("{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":1}",
				"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":{\"a\":1}}",
				"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[[]]}",
				"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[null]}",
				"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[\"x\"]}", "[{\"id\":\"x\"}]",
				"{\"id\":\"x\",\"status\":\"completed\",\"suggestions\":[{\"id\":\"\\uD800\"}]}")) {
			attacks.add(signedCallback("signed callback " + body, body));
		}
	}

	private static void feedback(List<Attack> attacks) {
		for (String body : List.of("{}", "{\"request_id\":\"x\"}",
				"{\"request_id\":\"x\",\"suggestion_id\":\"y\",\"action\":\"destroyed\"}",
				"{\"request_id\":\"x\",\"suggestion_id\":\"y\",\"action\":0}",
				"{\"request_id\":\"x\",\"suggestion_id\":\"y\",\"action\":\"ACCEPTED\"}",
				"{\"request_id\":\"x\",\"suggestion_id\":\"y\",\"action\":[\"accepted\"]}",
				"{\"request_id\":\"unknown\",\"suggestion_id\":\"y\",\"action\":\"accepted\"}",
				"{\"request_id\":\"' OR 1=1 --\",\"suggestion_id\":\"y\",\"action\":\"accepted\"}",
				"{\"request_id\":\"${bean:outbox}\",\"suggestion_id\":\"y\",\"action\":\"accepted\"}",
				"{\"request_id\":\"a\\u0000\",\"suggestion_id\":\"y\",\"action\":\"accepted\"}",
				"{\"request_id\":{\"$ne\":null},\"suggestion_id\":\"y\",\"action\":\"accepted\"}",
				"{\"request_id\":\"x\",\"suggestion_id\":\"" + "y".repeat(201) + "\",\"action\":\"accepted\"}")) {
			attacks.add(posted("feedback " + shown(body), FEEDBACK, body, KEY));
		}
	}

	@Test
	void shouldRefuseEveryAttackAndLearnNothingFromIt() {
		SoftAssertions softly = new SoftAssertions();
		Map<String, Integer> before = rows();

		for (Attack attack : attacks()) {
			String answer = attack.send(uri("/").getPort());
			softly.assertThatCode(() -> assertRefused(attack, answer))
				.as(attack + " got " + answer)
				.doesNotThrowAnyException();
			softly.assertThat(rows()).as(attack.toString()).isEqualTo(before);
		}

		softly.assertThat(this.provider.queries()).isEmpty();
		softly.assertAll();
	}

	/** Closed without an answer is refused, too. */
	private static void assertRefused(Attack attack, String answer) {
		if (answer.isEmpty()) {
			return;
		}
		// An answer to what Tomcat takes for HTTP/0.9 has no status line.
		String status = answer.startsWith("{") ? answer.replaceAll(".*\"status\":(\\d+).*", "$1")
				: answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 400".length());
		assertThat(Integer.parseInt(status)).isBetween(400, 499);
		assertThat(answer.lines().takeWhile((line) -> !line.isEmpty()))
			.noneMatch((line) -> line.matches("(?i)(server|x-powered-by|set-cookie|x-planted):.*"));
		String lowerCase = answer.toLowerCase(Locale.ROOT);
		String request = new String(attack.request, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
		// A path that was asked for may be named in the answer.
		INTERNALS.stream()
			.map((word) -> word.toLowerCase(Locale.ROOT))
			.filter((word) -> !request.contains(word))
			.forEach((word) -> assertThat(lowerCase).doesNotContain(word));
		// Tomcat's own answer to TRACE is empty.
		assertThat(lowerCase).containsAnyOf("cache-control: no-store", "content-length: 0", "{");
		if (!lowerCase.endsWith("\r\n\r\n")) {
			assertThat(lowerCase).containsAnyOf("application/problem+json", "{\"error\":\"", "\"status\":4");
		}
	}

	@Test
	void shouldServeGoodRequestsAsFastAsBeforeTheAttacks() {
		assertThat(attacks()).hasSizeGreaterThan(300);
		assertThat(attacks().stream().map(Attack::toString)).doesNotHaveDuplicates();
		Duration before = medianOfGoodRequests();

		attacks().parallelStream().forEach((attack) -> attack.send(uri("/").getPort()));

		// Lasting harm is meant; somebody else may have the machine for a moment.
		eventually(() -> assertThat(medianOfGoodRequests()).isLessThan(before.multipliedBy(3).plusMillis(20)));
	}

	private Duration medianOfGoodRequests() {
		return IntStream.range(0, 31)
			.mapToObj((number) -> timed(
					() -> assertThat(ask(suggestionRequest(unique("conv-"))).statusCode()).isEqualTo(202)))
			.sorted()
			.skip(15)
			.findFirst()
			.orElseThrow();
	}

	private Map<String, Integer> rows() {
		Map<String, Integer> rows = new TreeMap<>();
		for (String table : List.of("suggestion_request", "suggestion_feedback", "idempotency_key", "dead_letter")) {
			rows.put(table, this.database.queryForObject("SELECT count(*) FROM " + table, Integer.class));
		}
		return rows;
	}

	private static Attack raw(String name, String request) {
		return new Attack(name, request.getBytes(StandardCharsets.ISO_8859_1));
	}

	private static Attack posted(String name, String path, String body, String... headers) {
		return bytes(name, path, body.getBytes(StandardCharsets.UTF_8), headers);
	}

	private static Attack signedCallback(String name, String body) {
		return posted(name, CALLBACK, body,
				"X-Hub-Signature-256: " + signature(body.getBytes(StandardCharsets.UTF_8), CALLBACK_SECRET));
	}

	private static Attack bytes(String name, String path, byte[] body, String... headers) {
		String head = "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n"
				+ String.join("\r\n", headers)
				+ (String.join("", headers).contains("Content-Type:") ? "" : "\r\nContent-Type: application/json")
				+ "\r\n\r\n";
		ByteArrayOutputStream request = new ByteArrayOutputStream();
		request.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
		request.writeBytes(body);
		return new Attack(name, request.toByteArray());
	}

	/** A name that a report can show. */
	private static String shown(String text) {
		String plain = text.replaceAll("[^ -~]", "?");
		return (plain.length() > 60) ? plain.substring(0, 60) + "… " + plain.length() : plain + "|";
	}

	/** A bad request. */
	static final class Attack {

		private final String name;

		private final byte[] request;

		Attack(String name, byte[] request) {
			this.name = name;
			this.request = request;
		}

		/**
		 * Sends it on a connection of its own; empty where that is closed without an
		 * answer.
		 */
		String send(int port) {
			try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
				socket.setSoTimeout(10_000);
				ByteArrayOutputStream answer = new ByteArrayOutputStream();
				try {
					socket.getOutputStream().write(this.request);
					socket.shutdownOutput();
					socket.getInputStream().transferTo(answer);
				}
				catch (SocketException ex) {
					// Closed in the middle: what was answered until then counts.
				}
				return answer.toString(StandardCharsets.UTF_8);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

}
