import assert from "node:assert/strict";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { tryCode } from "./accelerator.ts";
import { newestMachine, parseAccelerators, parseMachines, probeQemu } from "./features.ts";
import { compareQemuVersions, parseQemuVersion } from "./version.ts";

test("machine types are the pinned ones, without aliases and other families", () => {
  const help = [
    "Supported machines are:",
    "microvm              microvm (i386)",
    "pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)",
    "pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)",
    "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-10.0)",
    "pc-q35-10.0          Standard PC (Q35 + ICH9, 2009)",
    "pc-q35-9.2           Standard PC (Q35 + ICH9, 2009)",
    "pc-q35-2.4           Standard PC (Q35 + ICH9, 2009) (deprecated)",
  ].join("\n");
  const machines = parseMachines(help);
  assert.deepEqual(machines, ["pc-i440fx-7.2", "pc-q35-10.0", "pc-q35-9.2", "pc-q35-2.4"]);
  const features = {
    path: "qemu",
    version: parseQemuVersion("10.0.2"),
    machines,
    accelerators: [],
  };
  assert.equal(newestMachine(features), "pc-q35-10.0");
  assert.throws(() => newestMachine({ ...features, machines: ["pc-i440fx-7.2"] }), FerryError);
});

test("accelerators are the lines after the title", () => {
  assert.deepEqual(parseAccelerators("Accelerators supported in QEMU binary:\ntcg\nkvm\n"), [
    "tcg",
    "kvm",
  ]);
});

test("versions compare as numbers", () => {
  const version = parseQemuVersion("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright");
  assert.deepEqual(version, { major: 7, minor: 2, micro: 22 });
  assert.ok(compareQemuVersions(version, parseQemuVersion("10.0.2")) < 0);
  assert.ok(compareQemuVersions(version, parseQemuVersion("7.2.9")) > 0);
  assert.throws(() => parseQemuVersion("bash 5.2"), FerryError);
});

test("the installed QEMU says what it is, and emulation runs code", async () => {
  const features = await probeQemu("qemu-system-x86_64");
  assert.ok(features.version.major >= 7);
  assert.ok(features.accelerators.includes("tcg"));
  assert.match(newestMachine(features), /^pc-q35-/);
  assert.equal(await tryCode(features.path, "tcg"), "runs");
});

test("a QEMU that is not there, or is something else, is named with what to do", async () => {
  await assert.rejects(
    probeQemu("/nowhere/qemu-system-x86_64"),
    (error) =>
      error instanceof FerryError &&
      error.code === "missing-program" &&
      /apt-get/.test(error.remedy ?? ""),
  );
  await assert.rejects(probeQemu("/bin/true"), FerryError);
});
