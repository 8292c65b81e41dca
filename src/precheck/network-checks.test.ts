import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckInput } from "./check.ts";
import type { HostFacts } from "./facts.ts";
import { networkChecks } from "./network-checks.ts";

/** Only what these checks look at is there. */
function troubles(
  migrationNetworks: HostFacts["migrationNetworks"],
  moveAddresses: string[],
): string[] {
  const input = {
    source: { host: "host-a", migrationNetworks },
    target: { host: "host-b", moveAddresses },
  } as unknown as CheckInput;
  return networkChecks
    .filter(({ id }) => id === "migration-network")
    .flatMap(({ look }) => look(input).map(({ message }) => message));
}

const network = [{ subnet: "10.1.0.0/24", priority: 10 }];

test("an address of the target in one of the source's migration networks is enough", () => {
  assert.deepEqual(troubles(network, ["192.0.2.1", "10.1.0.2"]), []);
  assert.deepEqual(troubles(null, ["192.0.2.1"]), []);
});

test("no common migration network is found before the move, with what both hosts have", () => {
  assert.deepEqual(troubles(network, ["192.0.2.1"]), [
    '"host-b" offers 192.0.2.1 for moves, "host-a" uses networks 10.1.0.0/24',
  ]);
  assert.deepEqual(troubles(null, []), [
    '"host-b" has no address in its own migration networks, "host-a" uses any network',
  ]);
});
