import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckInput } from "./check.ts";
import type { SwitchFacts } from "./switch-facts.ts";
import { switchChecks } from "./switch-checks.ts";

type Bridge = SwitchFacts["bridges"][string];
const mac = "52:54:00:00:00:01";
const good: Bridge = { mtu: 1500, filtersVlans: true, uncarriedVlans: [], probeSeen: true };

interface World {
  readonly there?: Partial<Bridge>;
  readonly vlan?: number;
  readonly probesSent?: boolean;
  readonly more?: Partial<CheckInput>;
  readonly facts?: { source?: Partial<SwitchFacts>; target?: Partial<SwitchFacts> };
}

function found({ there = {}, vlan, probesSent = true, more = {}, facts = {} }: World): string[] {
  const host = (name: string, bridge: Partial<Bridge>, own: Partial<SwitchFacts> = {}) => ({
    ...{ host: name, switches: { lan: "br0" } },
    network: {
      bridges: { lan: { ...good, ...bridge } },
      macUsers: {},
      macsSeenElsewhere: {},
      ...own,
    },
  });
  const input = {
    definition: { id: "one", nics: [{ name: "nic0", switch: "lan", mac, vlan: vlan ?? null }] },
    source: host("host-a", { probeSeen: null }, facts.source),
    target: host("host-b", there, facts.target),
    probesSent,
    ...more,
  } as unknown as CheckInput;
  return switchChecks.flatMap(({ id, severity, look }) =>
    look(input).map((trouble) => `${id} ${trouble.severity ?? severity} ${trouble.on}`),
  );
}

test("alike bridges in one segment pass", () => {
  assert.deepEqual(found({}), []);
  assert.deepEqual(found({ there: { mtu: 9000 }, vlan: 7 }), []);
});

test("a probe that does not arrive stops a move, if one was sent and could be received, and a NIC is untagged", () => {
  assert.deepEqual(found({ there: { probeSeen: false } }), ["network-segment blocking target"]);
  assert.deepEqual(found({ there: { probeSeen: false }, probesSent: false }), []);
  assert.deepEqual(found({ there: { probeSeen: null } }), []);
  assert.deepEqual(found({ there: { probeSeen: false }, vlan: 7 }), []);
});

test("smaller frames warn; a VLAN stops a move where the bridge keeps none, and warns where no uplink carries it", () => {
  assert.deepEqual(found({ there: { mtu: 1400 } }), ["network-mtu warning target"]);
  assert.deepEqual(found({ there: { filtersVlans: false }, vlan: 7 }), [
    "network-vlan blocking target",
  ]);
  assert.deepEqual(found({ there: { filtersVlans: false } }), []);
  assert.deepEqual(found({ there: { uncarriedVlans: [7] }, vlan: 7 }), [
    "network-vlan warning target",
  ]);
});

test("a MAC address twice: on the target it stops a move, on the source, on a third host or on the wire it warns", () => {
  const users = { macUsers: { [mac]: "other" } };
  assert.deepEqual(found({ facts: { target: users } }), ["mac-unique blocking target"]);
  assert.deepEqual(found({ facts: { source: users } }), ["mac-unique warning source"]);
  const seen = { macsSeenElsewhere: { [mac]: "eth0" } };
  assert.deepEqual(found({ facts: { source: seen } }), ["mac-unique warning source"]);
  const elsewhere = (id: string, host: string) =>
    [
      { host, definition: { id, name: "x", nics: [{ mac }] } },
    ] as unknown as CheckInput["elsewhere"] & object;
  assert.deepEqual(found({ more: { elsewhere: elsewhere("two", "host-c") } }), [
    "mac-unique warning source",
  ]);
  assert.deepEqual(found({ more: { elsewhere: elsewhere("one", "host-c") } }), []);
  assert.deepEqual(found({ more: { elsewhere: elsewhere("two", "host-b") } }), []);
});
