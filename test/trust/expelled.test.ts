/** What was open with a host before it was expelled ends; what is open with others goes on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { join } from "node:path";
import { endSessionWhenUntrusted } from "../../src/api/end-untrusted.ts";
import { IdentityStore } from "../../src/trust/identity-store.ts";
import type { TrustSnapshot } from "../../src/trust/peer-identity.ts";
import { makeDomain, port, type RunningAgent, runAgent } from "../api/running-agent.ts";
import { log, openPair } from "../session/session-pair.ts";

async function connectAs(host: RunningAgent, to: RunningAgent): Promise<TLSSocket> {
  const { membership } = new IdentityStore(join(host.directory, "state/trust"));
  assert.ok(membership);
  const socket = connect({
    ...{ host: to.address, port, key: membership.key, cert: membership.certificate },
    rejectUnauthorized: false, // the server's certificate is another test's subject
  });
  await once(socket, "secureConnect");
  return socket;
}

test("an expelled host's open connections end, at the issuer and at hosts that hear of it", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a, b, c);
  const expelled = [await connectAs(c, a), await connectAs(c, b)];
  const staying = await connectAs(b, a);
  const ended = expelled.map((socket) => once(socket.resume(), "close"));
  await a.good("DELETE /v1/hosts/host-c");
  await Promise.all(ended);
  staying.write("GET /v1/peer/roster HTTP/1.1\r\nhost: a\r\n\r\n");
  const [answer] = (await once(staying, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1.1 200/);
  staying.destroy();
});

test("a session ends on both sides when one of its hosts is not trusted any more", async () => {
  await using pair = await openPair();
  const { domain, host } = pair.source.peer;
  const known = { id: domain, authority: "", expelled: [] };
  let snapshot: TrustSnapshot = { domains: [known] };
  const listeners = new Set<() => void>();
  const trust = {
    get snapshot() {
      return snapshot;
    },
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  endSessionWhenUntrusted(pair.source, trust, log);
  const tell = (expelled: string[]): void => {
    snapshot = { domains: [{ ...known, expelled }] };
    for (const listener of listeners) listener();
  };
  tell(["another-host"]);
  assert.equal(pair.source.isOver, false);
  const far = new Promise<string | undefined>((resolve) => {
    pair.target.on("closed", resolve);
  });
  tell([host]);
  assert.equal(pair.source.isOver, true);
  assert.throws(
    () => pair.source.send({ type: "abandon", reason: "nothing" }),
    /no longer trusted/,
  );
  assert.match((await far) ?? "", /no longer trusted/);
  assert.equal(listeners.size, 0, "nobody listens for a session that is over");
});
