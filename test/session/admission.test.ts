/** Who may be at the other end, and what happens to all others. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { encodeHeader, frameTypes } from "../../src/protocol/frame.ts";
import { encodeHello } from "../../src/session/hello.ts";
import { openSourceSession, openTargetSession } from "../../src/session/open.ts";
import type { SourceSessionOptions } from "../../src/session/options.ts";
import { createDomain } from "./certificates.ts";
import { next, pairOptions } from "./session-pair.ts";

type Ends = Awaited<ReturnType<typeof pairOptions>>;

/** Opens the target as it should be and the source as `change` makes it; the source must be refused. */
async function assertSourceRefused(
  change: (ends: Ends) => Promise<Partial<SourceSessionOptions>> | Partial<SourceSessionOptions>,
): Promise<void> {
  const ends = await pairOptions();
  await using target = await openTargetSession(ends.target);
  const { port, ticket } = target;
  const opening = openSourceSession({ ...ends.source, port, ticket, ...(await change(ends)) });
  await assert.rejects(opening, { code: "peer-refused" });
  await using source = await openSourceSession({ ...ends.source, port, ticket });
  source.send({ type: "receive" });
  await target.receive("receive", {});
}

test("a source with a wrong ticket is refused, the right one admitted after it", () =>
  assertSourceRefused(() => ({ ticket: randomBytes(32).toString("base64url") })));

test("a source of another session is refused", () =>
  assertSourceRefused(() => ({ id: randomUUID() })));

test("another host of the same domain is refused", () =>
  assertSourceRefused(async ({ domain }) => ({ credentials: (await domain.host()).credentials })));

test("a host of a foreign domain is refused", () =>
  assertSourceRefused(async () => ({
    credentials: (await (await createDomain()).host()).credentials,
  })));

test("a certificate that claims a host of another domain is refused", () =>
  assertSourceRefused(async ({ target }) => {
    const foreign = await createDomain();
    const uri = `ferry://${target.peer.domain}/hosts/${target.peer.host}`;
    return { credentials: (await foreign.host(target.peer.host, { uri })).credentials };
  }));

test("a trusted domain cannot vouch for a host of another trusted domain", async () => {
  const ends = await pairOptions();
  const partner = await createDomain();
  const uri = `ferry://${ends.domain.id}/hosts/${ends.target.peer.host}`;
  const impostor = await partner.host(ends.target.peer.host, { uri });
  const trust = { domains: [ends.domain.authority, partner.authority] };
  await using target = await openTargetSession({ ...ends.target, trust });
  const { port, ticket } = target;
  const { credentials } = impostor;
  const opening = openSourceSession({ ...ends.source, trust, port, ticket, credentials });
  await assert.rejects(opening, { code: "peer-refused" });
});

test("an expired certificate is refused", () =>
  assertSourceRefused(async ({ domain, target }) => ({
    credentials: (await domain.host(target.peer.host, { validTo: new Date(Date.now() - 1000) }))
      .credentials,
  })));

test("a host that was expelled is refused", async () => {
  const ends = await pairOptions();
  const expelled = [ends.target.peer.host];
  const trust = { domains: [{ ...ends.domain.authority, expelled }] };
  await using target = await openTargetSession({ ...ends.target, trust });
  const { port, ticket } = target;
  const opening = openSourceSession({ ...ends.source, port, ticket });
  await assert.rejects(opening, { code: "peer-refused" });
});

test("a source refuses a target that is another host than it was told", async () => {
  const ends = await pairOptions();
  await using target = await openTargetSession(ends.target);
  const { port, ticket } = target;
  const peer = { ...ends.source.peer, host: randomUUID() };
  const opening = openSourceSession({ ...ends.source, port, ticket, peer });
  await assert.rejects(opening, { code: "peer-refused" });
});

test("a source that nobody answers says so in the time it is given", async () => {
  const ends = await pairOptions({ limits: { connectMs: 300 } });
  await assert.rejects(openSourceSession({ ...ends.source, port: 9, ticket: "none" }), {
    code: "unreachable",
  });
});

test("garbage, silence and oversize frames on the port close their connection and nothing else", async () => {
  const ends = await pairOptions();
  await using target = await openTargetSession(ends.target);
  const { port, ticket } = target;

  const garbage = connectTcp(port, "127.0.0.1");
  garbage.write(randomBytes(4096));
  const silent = Array.from({ length: 40 }, () => connectTcp(port, "127.0.0.1"));
  for (const socket of [garbage, ...silent]) socket.on("error", () => {});
  await once(garbage.resume(), "close");

  const { key, certificate: cert } = ends.source.credentials;
  const ca = ends.domain.authority.authority;
  const options = { port, host: "127.0.0.1", key, cert, ca, ALPNProtocols: ["ferry-session"] };
  const strangers = [
    randomBytes(4096),
    encodeHeader({ type: frameTypes.data, flags: 0, stream: 1, length: 262_144, sequence: 0 }),
    Buffer.from(
      encodeHeader({ type: frameTypes.hello, flags: 0, stream: 0, length: 1024, sequence: 0 }),
    ).fill(0xff, 4, 8),
  ];
  for (const bytes of strangers) {
    const socket = connectTls({ ...options, checkServerIdentity: () => undefined });
    socket.on("error", () => {});
    socket.resume().write(bytes);
    await once(socket, "close");
  }

  await using source = await openSourceSession({ ...ends.source, port, ticket });
  source.send({ type: "receive" });
  await target.receive("receive", {});
  for (const socket of silent) socket.destroy();
});

test("an admitted peer that sends an oversize frame loses its lane; three times, the session", async () => {
  const ends = await pairOptions();
  await using target = await openTargetSession(ends.target);
  const { port, ticket } = target;
  const closed = next(target, "closed");
  const { key, certificate: cert } = ends.source.credentials;
  const ca = ends.domain.authority.authority;
  for (let attempt = 0; attempt < 3; attempt++) {
    const socket = connectTls({
      ...{ port, host: "127.0.0.1", key, cert, ca, ALPNProtocols: ["ferry-session"] },
      checkServerIdentity: () => undefined,
    });
    socket.on("error", () => {});
    const hello = encodeHello({ session: ends.target.id, ticket, lane: 0, version: 1 });
    const greeting = {
      type: frameTypes.hello,
      flags: 0,
      stream: 0,
      length: hello.length,
      sequence: 0,
    };
    socket.write(Buffer.concat([encodeHeader(greeting), hello]));
    await once(socket, "data");
    const oversize = { type: frameTypes.data, flags: 0, stream: 1, length: 262_145, sequence: 0 };
    socket.resume().write(encodeHeader(oversize));
    await once(socket, "close");
  }
  assert.match((await closed) ?? "", /262145 bytes/);
});
