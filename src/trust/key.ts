/** Keys: ECDSA on P-256, which TLS 1.3 stacks and browsers all take. As PEM text at rest, as CryptoKey to sign with. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type webcrypto,
} from "node:crypto";

const algorithm = { name: "ECDSA", namedCurve: "P-256" };

export const signingAlgorithm = { ...algorithm, hash: "SHA-256" };

/** A new private key, PKCS #8 PEM. Secret: only ever written to files of mode 0600. */
export function createKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: algorithm.namedCurve });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

/** The pair of a private key's PEM, as @peculiar/x509 signs with it. */
export function keyPair(pem: string): webcrypto.CryptoKeyPair {
  return {
    privateKey: createPrivateKey(pem).toCryptoKey(algorithm, false, ["sign"]),
    publicKey: createPublicKey(pem).toCryptoKey(algorithm, true, ["verify"]),
  };
}
