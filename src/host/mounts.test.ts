import assert from "node:assert/strict";
import { test } from "node:test";
import { mountIn, mountOf } from "./mounts.ts";

const mountinfo = [
  "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw",
  "40 22 0:35 / /srv/vms rw,relatime shared:9 - cifs //10.0.0.9/vms rw,vers=3.1.1,cache=strict,username=x",
  "41 22 0:36 / /srv/my\\040vms rw - nfs4 10.0.0.9:/vms rw,soft",
  "42 40 0:37 / /srv/vms/local rw - tmpfs tmpfs rw,huge=always",
].join("\n");

test("a path lies on the mount nearest above it", () => {
  const of = (path: string) => mountIn(mountinfo, path)?.source;
  assert.equal(of("/srv/vms"), "//10.0.0.9/vms");
  assert.equal(of("/srv/vms/web01.qcow2"), "//10.0.0.9/vms");
  assert.equal(of("/srv/vmsother"), "/dev/vda1");
  assert.equal(of("/srv/vms/local/x"), "tmpfs");
  assert.equal(of("/srv/my vms"), "10.0.0.9:/vms");
  assert.deepEqual(mountIn(mountinfo, "/srv/vms/local")?.options.at(-1), "huge=always");
  assert.equal(mountIn("", "/srv"), undefined);
});

test("this process' own directory lies on a mount, and a path that is not there on none", async () => {
  assert.ok(((await mountOf(process.cwd()))?.type ?? "") !== "");
  assert.equal(await mountOf("/nowhere/at/all"), undefined);
});
