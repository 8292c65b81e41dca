/** Real certificates for tests of sessions: domains, their hosts, and those that a session must refuse. */
import "reflect-metadata";
import { randomUUID, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { TrustedAuthority } from "../../src/trust/peer-identity.ts";

x509.cryptoProvider.set(webcrypto as x509.CryptoProvider["get"] extends () => infer C ? C : never);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;

export interface TestHost {
  readonly id: string;
  readonly credentials: { readonly key: string; readonly certificate: string };
}

export interface TestDomain {
  readonly id: string;
  readonly authority: TrustedAuthority;
  host(id?: string, options?: { uri?: string; validTo?: Date }): Promise<TestHost>;
}

export async function createDomain(): Promise<TestDomain> {
  const id = randomUUID();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Ferry domain ${id}`,
    keys,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    id,
    authority: { id, authority: authority.toString("pem"), expelled: [] },
    host: (host, options) => createHost(id, host ?? randomUUID(), authority, keys, options ?? {}),
  };
}

async function createHost(
  domain: string,
  id: string,
  authority: x509.X509Certificate,
  authorityKeys: webcrypto.CryptoKeyPair,
  options: { uri?: string; validTo?: Date },
): Promise<TestHost> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const uri = options.uri ?? `ferry://${domain}/hosts/${id}`;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=host ${id}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - day),
    notAfter: options.validTo ?? new Date(Date.now() + day),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: uri }]),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
    ],
  });
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return { id, credentials: { key, certificate: certificate.toString("pem") } };
}
