/** Host certificates: asked for by a host, issued by its domain's authority. */
// N.B. reflect-metadata first: @peculiar/x509 registers its parts with it while it loads.
import "reflect-metadata";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { FerryError } from "../base/errors.ts";
import { type Authority, randomSerial } from "./authority.ts";
import { keyPair, signingAlgorithm } from "./key.ts";
import { backdateMs, certificateLifeMs } from "./limits.ts";
import { hostUri } from "./peer-identity.ts";

/** PKCS #10, PEM: proves that the host has the key, and asks for nothing else; the issuer decides the names. */
export async function createRequest(key: string, hostName: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [hostName] }],
    keys: keyPair(key),
    signingAlgorithm,
  });
  return request.toString("pem");
}

export interface CertificateSubject {
  readonly host: string;
  readonly name: string;
  /** Where other hosts and browsers reach it: a DNS name or an IP address. */
  readonly address: string;
}

/**
 * @param now milliseconds since the epoch.
 * @returns the certificate, PEM.
 * @throws FerryError `bad-input` for a request that is none, or whose key is not proven or of another kind.
 */
export async function issueCertificate(
  authority: Authority,
  subject: CertificateSubject,
  requestPem: string,
  now: number,
): Promise<string> {
  const request = await readRequest(requestPem);
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ CN: [subject.name] }],
    issuer: issuer.subject,
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + certificateLifeMs),
    publicKey: request.publicKey,
    signingKey: keyPair(authority.key).privateKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(authority.domain, subject)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
    ],
  });
  return certificate.toString("pem");
}

function alternativeNames(domain: string, subject: CertificateSubject): x509.JsonGeneralNames {
  const names: x509.JsonGeneralNames = [
    { type: "url", value: hostUri({ domain, host: subject.host }) },
    { type: "dns", value: subject.name },
  ];
  if (isIP(subject.address) !== 0) names.push({ type: "ip", value: subject.address });
  else if (subject.address !== subject.name) names.push({ type: "dns", value: subject.address });
  return names;
}

async function readRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { name, namedCurve } = request.publicKey.algorithm as EcAlgorithm;
    if (name === "ECDSA" && namedCurve === "P-256" && (await request.verify())) return request;
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
}

interface EcAlgorithm {
  readonly name: string;
  readonly namedCurve?: string;
}

function refused(cause?: unknown): FerryError {
  return new FerryError(
    "bad-input",
    "Cannot issue a certificate: the request is not a signed PKCS #10 request for a P-256 key",
    { remedy: "Let the host's agent make the request: ferry host join", cause },
  );
}
