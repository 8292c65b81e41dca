/** What a UEFI guest's firmware remembers moves along: QEMU writes the target's variables from the memory that came. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findUefiFirmware } from "../../src/qemu/firmware.ts";
import { type MovingHost, twoHosts } from "../migration/two-hosts.ts";
import { testDirectory } from "../vm/host.ts";

const hasFirmware = await findUefiFirmware().then(
  () => true,
  () => false,
);

test("EFI variables move with the VM", { skip: !hasFirmware && "no UEFI firmware" }, async () => {
  await using directory = await testDirectory();
  const { a, b } = await twoHosts(directory.path);
  await using _a = a;
  await using _b = b;
  await a.host.vms.create({ name: "efi01", memoryMib: 128, vnc: false, firmware: "uefi" });
  const { id } = a.host.vms.get("efi01").definition;
  const variables = (host: MovingHost) =>
    join(host.host.paths.state, "vms", id, "efi-variables.fd");
  await a.host.vms.start("efi01");
  await changed(variables(a), (await findUefiFirmware()).variablesTemplate);
  await a.host.vms.pause("efi01");
  const here = await readFile(variables(a));
  const request = { vm: "efi01", target: "host-b", options: {}, requestedBy: "test" };
  const record = await a.over(a.migrations.start(request).id);
  assert.equal(record.error, null);
  await b.host.vms.resume("efi01");
  await b.host.vms.pause("efi01");
  const there = await readFile(variables(b));
  // A flash's bits are only ever cleared; the firmware goes on clearing after the move.
  const kept = here.every((byte, index) => ((there[index] ?? 0xff) & ~byte) === 0);
  assert.ok(kept, "whatever the source's firmware wrote is there");
});

/** Resolves when the guest's firmware has written something of its own. */
async function changed(path: string, template: string): Promise<void> {
  const before = await readFile(template);
  const signal = AbortSignal.timeout(120_000);
  while ((await readFile(path)).equals(before)) await sleep(50, undefined, { signal });
}
