import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createAuthority } from "./authority.ts";
import { rosterHostsMax } from "./limits.ts";
import { openRoster, type Roster, signRoster } from "./roster.ts";
import { expelledHosts, findHost, withHost, withoutHost } from "./roster-members.ts";

const domain = randomUUID();
const issuer = randomUUID();
const roster: Roster = {
  domain,
  domainName: "lab",
  issuer,
  version: 1,
  hosts: [{ id: issuer, name: "host-a", address: "192.0.2.1", port: 6600, expelled: false }],
};
const newcomer = { id: randomUUID(), name: "host-b", address: "192.0.2.2", port: 6600 };

test("openRoster gives back what the authority signed", async () => {
  const authority = await createAuthority({ id: domain, name: "lab" }, Date.now());
  const signed = signRoster(roster, authority.key);
  assert.deepEqual(openRoster(signed, authority.certificate, domain), roster);
});

test("openRoster refuses a changed roster, another's signature, and another domain's roster", async () => {
  const authority = await createAuthority({ id: domain, name: "lab" }, Date.now());
  const other = await createAuthority({ id: domain, name: "lab" }, Date.now());
  const signed = signRoster(roster, authority.key);
  const changed = { ...signed, body: signed.body.replace("host-a", "host-x") };
  const refused = { code: "peer-refused" };
  assert.throws(() => openRoster(changed, authority.certificate, domain), refused);
  assert.throws(() => openRoster(signed, other.certificate, domain), refused);
  assert.throws(() => openRoster(signed, authority.certificate, randomUUID()), refused);
  const nonsense = signRoster({ ...roster, version: 0 }, authority.key);
  assert.throws(() => openRoster(nonsense, authority.certificate, domain), refused);
});

test("withHost raises the version and refuses a second host of a name or an address", () => {
  const next = withHost(roster, newcomer);
  assert.equal(next.version, 2);
  assert.equal(findHost(next, "host-b")?.id, newcomer.id);
  const sameName = { ...newcomer, id: randomUUID(), address: "192.0.2.3" };
  const sameAddress = { ...newcomer, id: randomUUID(), name: "host-c" };
  assert.throws(() => withHost(next, sameName), { code: "already-exists" });
  assert.throws(() => withHost(next, sameAddress), { code: "already-exists" });
});

test("withoutHost remembers the expelled host, and its name is free again", () => {
  const expelled = withoutHost(withHost(roster, newcomer), "host-b");
  assert.deepEqual(expelledHosts(expelled), [newcomer.id]);
  assert.equal(findHost(expelled, "host-b"), undefined);
  const back = withHost(expelled, { ...newcomer, id: randomUUID() });
  assert.deepEqual(expelledHosts(back), [newcomer.id]);
});

test("withoutHost refuses a host that is no member, and the one with the domain's key", () => {
  assert.throws(() => withoutHost(roster, "host-z"), { code: "not-found" });
  assert.throws(() => withoutHost(roster, "host-a"), { code: "conflict" });
});

test("withHost refuses more hosts than a roster holds", () => {
  const hosts = Array.from({ length: rosterHostsMax }, (_, index) => ({
    ...{ id: randomUUID(), name: `h${index}`, address: `h${index}`, port: 6600, expelled: false },
  }));
  assert.throws(() => withHost({ ...roster, hosts }, newcomer), { code: "no-space" });
});
