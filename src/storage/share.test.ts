import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { openDatabase } from "../database/database.ts";
import { Pools } from "./pools.ts";
import { ShareMounts } from "./share-mounts.ts";
import {
  credentialsText,
  mountArguments,
  mountTrouble,
  NfsShare,
  type Share,
  SmbShare,
} from "./share.ts";

const owner = { uid: 999, gid: 998 };
const smb = (more: Partial<SmbShare> = {}): Share => ({
  kind: "smb",
  smb: { share: "//nas/vms", ...more },
});

function optionsOf(share: Share): string[] {
  const args = mountArguments(share, "/run/ferry/pools/vms", { owner, credentials: "/secret/vms" });
  return args[args.indexOf("-o") + 1]?.split(",") ?? [];
}

test("an SMB share is mounted so that two hosts see the same bytes and no lock strands a VM", () => {
  const options = optionsOf(smb({ user: "ferry", encrypt: true, channels: 4 }));
  for (const wanted of [
    "vers=3.1.1",
    "hard",
    "nobrl",
    "cache=strict",
    "uid=999",
    "gid=998",
    "seal",
    "max_channels=4",
  ]) {
    assert.ok(options.includes(wanted), wanted);
  }
  assert.ok(options.includes("credentials=/secret/vms"));
  assert.ok(optionsOf(smb()).includes("guest"));
  assert.ok(!optionsOf(smb({ channels: 1 })).includes("multichannel"));
  assert.ok(optionsOf({ kind: "nfs", nfs: { export: "nas:/vms" } }).includes("hard"));
});

test("whatever is accepted as a share is one argument of mount, and no option of it", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (text, password) => {
      const given = { share: `//${text}`, user: text };
      if (Value.Check(SmbShare, given)) {
        const args = mountArguments({ kind: "smb", smb: given }, "/d", {
          owner,
          credentials: "/c",
        });
        assert.equal(args.length, 6);
        assert.equal(args[2], given.share);
        assert.ok(!args[5]?.includes(text));
        // A line for each setting: what is given makes no other.
        const lines = credentialsText(given, password.replaceAll(/\p{Cc}/gu, "")).split("\n");
        assert.deepEqual(
          lines.map((line) => line.split("=")[0]),
          ["username", "password", ""],
        );
      }
      if (Value.Check(NfsShare, { export: text })) assert.match(text, /^[^-\s][^\s]*:\/[^\s]*$/);
    }),
  );
});

test("what mount says becomes what is wrong and what to do", () => {
  const says = (share: Share, stderr: string) => mountTrouble(share, stderr).says;
  const nfs: Share = { kind: "nfs", nfs: { export: "nas:/vms" } };
  assert.match(says(smb(), "mount error(13): Permission denied"), /refuses this user or password/);
  assert.match(says(smb(), "mount error(2): No such file or directory"), /no such share/);
  assert.match(
    says(smb(), "mount error(113): could not connect to 10.0.0.1Unable to find suitable address."),
    /does not answer/,
  );
  assert.match(
    says(smb(), "mount error: could not resolve address for nas: Unknown error"),
    /does not answer/,
  );
  assert.match(says(smb(), "mount: /d: unknown filesystem type 'cifs'."), /kernel has no cifs/);
  assert.match(
    says(nfs, "mount.nfs: access denied by server while mounting nas:/vms"),
    /refuses this host/,
  );
  assert.match(
    says(
      nfs,
      "mount: /d: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.",
    ),
    /helper is not installed/,
  );
  assert.match(says(nfs, "mount.nfs: Connection refused"), /does not answer/);
});

test("a share that can't be mounted becomes no pool and leaves neither password nor directory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "ferry-share-"));
  try {
    const places = { state: join(directory, "state"), run: join(directory, "run") };
    const shares = new ShareMounts({ ...places, owner: () => Promise.resolve(owner) });
    const pools = new Pools(openDatabase(":memory:"), shares);
    // Nobody serves there: refused at once, or by a kernel that has no SMB.
    const share = smb({ share: "//127.255.255.254/vms", user: "ferry" });
    await assert.rejects(
      pools.addShare("vms", share, "secret"),
      (error) => error instanceof FerryError && error.remedy !== undefined,
    );
    assert.deepEqual(pools.list(), []);
    assert.deepEqual(readdirSync(join(places.state, "share-credentials")), []);
    assert.ok(!existsSync(shares.directoryOf("vms")));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
