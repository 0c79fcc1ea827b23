package io.agentassist.bridge.security;

import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The {@code keys} commands: create API keys. */
@Command(name = "keys", description = "Creates API keys.", synopsisSubcommandLabel = "COMMAND")
public final class KeysCommand {

	private static final int KEY_BYTES = 32;

	@Spec
	private CommandSpec spec;

	@Command(name = "new",
			description = "Prints a new key, which is stored nowhere, and its entry for agentassist.api.keys-file.")
	int create(@Parameters(paramLabel = "NAME", description = "who will hold it") String name,
			@Option(names = "--tenant", description = "whose conversations it may access") String tenant,
			@Option(names = "--organisation",
					description = "which organisation at the provider it may query; may be"
							+ " given more than once; without it: its tenant's own") Set<String> organisations,
			@Option(names = "--scope", description = "${COMPLETION-CANDIDATES}; may be given more than once;"
					+ " without it: all") Set<Scope> scopes)
			throws IOException {
		byte[] random = new byte[KEY_BYTES];
		new SecureRandom().nextBytes(random);
		String key = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
		PrintWriter out = this.spec.commandLine().getOut();
		try {
			String entry = new ApiKeyEntry(name, ApiKeys.hash(key), tenant, organisations, scopes, null).toYaml();
			out.println("# The key of " + name + ", shown only now: " + key);
			out.print(entry);
			out.flush();
			return 0;
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(this.spec.commandLine(), ex.getMessage(), ex);
		}
	}

}
