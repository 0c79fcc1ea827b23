package io.agentassist.bridge.audit;

/**
 * The end of a chain as of a given line.
 *
 * @param seq number of the line; 0 before the first
 * @param hash its hash; before the first line, the {@code prev_hash} of that line
 * @param file name of the file that holds it; null before the first line
 * @param length where the line ends in the file, in bytes
 */
record ChainPosition(long seq, String hash, String file, long length) {

	static ChainPosition origin(String chain) {
		return new ChainPosition(0, AuditLine.origin(chain), null, 0);
	}

}
