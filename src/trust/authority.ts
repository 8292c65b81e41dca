/**
 * A domain's authority: the key that makes a host a member. It is made where the domain is created and stays there;
 * that host is the domain's issuer.
 */
// N.B. reflect-metadata first: @peculiar/x509 registers its parts with it while it loads.
import "reflect-metadata";
import { X509Certificate, randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { createKey, keyPair, signingAlgorithm } from "./key.ts";
import { authorityLifeMs, backdateMs } from "./limits.ts";

export interface Authority {
  /** The domain's UUID. */
  readonly domain: string;
  /** PEM. */
  readonly certificate: string;
  /** PKCS #8 PEM. Secret. */
  readonly key: string;
}

/** @param now milliseconds since the epoch. */
export async function createAuthority(
  domain: { id: string; name: string },
  now: number,
): Promise<Authority> {
  const key = createKey();
  const keys = keyPair(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [`Ferry domain ${domain.name}`] }],
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + authorityLifeMs),
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      new x509.SubjectAlternativeNameExtension([{ type: "url", value: domainUri(domain.id) }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { domain: domain.id, certificate: certificate.toString("pem"), key };
}

/** The URI in an authority's own certificate: it can't be shown as the authority of another domain. */
export function domainUri(domain: string): string {
  return `ferry://${domain}`;
}

/** True when the text is the certificate of that very domain's authority, signed by itself. */
export function isAuthorityOf(domain: string, pem: string): boolean {
  try {
    const certificate = new X509Certificate(pem);
    return (
      certificate.ca &&
      certificate.subjectAltName === `URI:${domainUri(domain)}` &&
      certificate.verify(certificate.publicKey)
    );
  } catch {
    // What does not parse as a certificate is not one; the caller says so in its own words.
    return false;
  }
}

/** SHA-256 of the certificate, lower-case hexadecimal. */
export function fingerprint(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}

/** 127 random bits: positive, as DER wants it. */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
