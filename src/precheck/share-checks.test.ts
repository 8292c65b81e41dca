import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckInput } from "./check.ts";
import { proofAnswer } from "./same-bytes.ts";
import { optionTroubles, shareChecks } from "./share-checks.ts";

/** A VM with one disk in a pool that both hosts share, and what each says about the pool. */
function found(target: object, source: object = {}): string[] {
  const pool = { id: "p", freeBytes: 0, proof: "x", writeError: null, missing: [] };
  const disk = { name: "root", pool: "smb", file: "root.qcow2", readOnly: false, cache: "none" };
  const input = {
    definition: { disks: [disk], cdroms: [], kernelBoot: null },
    options: {},
    source: { host: "host-a", images: {}, pools: { smb: { ...pool, ...source } }, storage: {} },
    target: { host: "host-b", pools: { smb: { ...pool, ...target } }, storage: {} },
    answers: { smb: proofAnswer("host-b") },
  } as unknown as CheckInput;
  return shareChecks.flatMap(({ id, severity, look }) =>
    look(input).map(
      (trouble) => `${id} ${trouble.severity ?? severity} ${trouble.on}: ${trouble.message}`,
    ),
  );
}

test("a pool of which nothing bad is known, or nothing at all, passes", () => {
  assert.deepEqual(found({}), []);
  assert.deepEqual(found({ lock: "held", refused: [], directError: null }), []);
});

test("names taken twice, rights that QEMU's user lacks and a page cache that can't be passed stop a move", () => {
  assert.match(found({ lock: "broken" })[0] ?? "", /^pool-lock blocking target/);
  assert.deepEqual(found({ refused: ["root.qcow2"] }), [
    'qemu-access blocking target: QEMU\'s user on "host-b" may not write "root.qcow2" in pool "smb"',
  ]);
  const mount = { type: "fuse.x", source: "x", options: [] };
  assert.match(
    found({ directError: "Invalid argument", mount })[0] ?? "",
    /^direct-access blocking target: .*\(fuse.x\)/,
  );
});

test("a cifs mount on which a lock strands a VM is found on either host, and one that shows old bytes stops a move", () => {
  const cifs = (...options: string[]) => ({
    mount: { type: "cifs", source: "//nas/vms", options },
  });
  assert.match(
    found({}, cifs("rw", "cache=strict"))[0] ?? "",
    /^mount-options warning source: .*\/\/nas\/vms without nobrl/,
  );
  assert.match(found(cifs("rw", "cache=strict"))[0] ?? "", /^mount-options warning target/);
  assert.deepEqual(found(cifs("rw", "nobrl", "cache=strict")), []);
  assert.match(
    found(cifs("nobrl", "cache=loose"))[0] ?? "",
    /^mount-options blocking target: .*old bytes/,
  );
});

test("a disk that would be copied and whose image can't be read stops a move", () => {
  // Another pool of that name: the disk would have to move.
  assert.match(
    found({ id: "other" })[0] ?? "",
    /^disk-image blocking source: "host-a" cannot read the image of disk "root"/,
  );
});

test("optionTroubles() warns of soft NFS and of its version 4.2, and says nothing of local file systems", () => {
  const of = (type: string, ...options: string[]) =>
    optionTroubles({ type, source: "nas:/vms", options }).map(({ severity }) => severity);
  assert.deepEqual(of("nfs4", "rw", "vers=4.1", "soft"), ["warning"]);
  assert.deepEqual(of("nfs4", "rw", "vers=4.2", "hard"), ["warning"]);
  assert.deepEqual(of("nfs4", "rw", "vers=4.1", "hard"), []);
  assert.deepEqual(of("ext4", "rw"), []);
});
