import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { archive, characterDeviceMode, directoryMode, linkMode } from "./cpio.ts";

test("busybox's cpio lists and reads back what archive() wrote", () => {
  const bytes = archive([
    { path: "a", mode: directoryMode },
    { path: "a/file", mode: 0o100644, data: Buffer.from("twelve bytes") },
    { path: "a/link", mode: linkMode, data: Buffer.from("file") },
    { path: "null", mode: characterDeviceMode, device: [1, 3] },
  ]);
  const cpio = (...args: string[]) => spawnSync("busybox", ["cpio", ...args], { input: bytes });
  const listing = cpio("-tv").stdout.toString();
  assert.match(listing, /^drwxr-xr-x .* a$/m);
  assert.match(listing, /^-rw-r--r-- .* 12 .* a\/file$/m);
  assert.match(listing, /^lrwxrwxrwx .* a\/link -> file$/m);
  assert.match(listing, /^crw------- .* null$/m);
  assert.equal(cpio("-i", "--to-stdout", "a/file").stdout.toString(), "twelve bytes");
});
