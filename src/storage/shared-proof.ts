/** Proves that two hosts' pools are the same bytes: one writes a nonce, the other reads it. */

/** Writes the file `.ferry-proof-NONCE` holding `text` into the pool's directory. */
export async function writeProof(_poolPath: string, _nonce: string, _text: string): Promise<void> {
  throw new Error("not written yet");
}

/** The proof's text, or undefined when this host does not see it. */
export async function readProof(_poolPath: string, _nonce: string): Promise<string | undefined> {
  throw new Error("not written yet");
}

export async function removeProof(_poolPath: string, _nonce: string): Promise<void> {
  throw new Error("not written yet");
}
