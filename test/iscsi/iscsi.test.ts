/** A VM on a LUN of a real iSCSI storage: what stops its move is found before, and it moves with the LUN. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { IscsiStorage } from "../../lab/iscsi-storage.ts";
import { Lab } from "../../lab/lab.ts";
import type { CheckReport } from "../../src/api/schema/check.ts";
import { finished, startMove } from "../move/moves.ts";

const vm = "db01";
const address = "10.77.0.60";
const password = "correct-horse-battery";
const target = "iqn.2026-11.lab:vms";
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
const run = promisify(execFile);
let lab: Lab;
let storage: IscsiStorage;

before(async () => {
  lab = await Lab.up({ name: "d2iscsi" });
  storage = await IscsiStorage.start(lab);
  await storage.addTarget({ name: target, lunMib: 32, chap: { user: "ferry", password } });
  await setSecret("host-a", password);
  const draft = { luns: [lun()] };
  await createGuest(lab, { name: vm, host: "host-a", address, draft });
});

after(() => Lab.down("d2iscsi"));

/** The storage notices that somebody has gone when it next looks at the connection. */
async function onlyOneLoggedIn(): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while ((await storage.initiators(1)).length !== 1) await sleep(50, undefined, { signal });
}

function lun() {
  const place = { kind: "iscsi" as const, portal: storage.portal, target, lun: 1 };
  return { name: "data", source: { ...place, secret: "array" } };
}

async function setSecret(host: string, text: string): Promise<void> {
  const words = ["secret", "set", "array", "--user", "ferry"];
  const { exitCode, stderr } = await lab.host(host).ferry(words, text);
  assert.equal(exitCode, 0, stderr);
}

/** What `ferry check` prints about one check, and its exit code. */
async function check(to: string, id: string): Promise<{ exitCode: number; text: string }> {
  const { exitCode, stdout } = await lab.host("host-a").ferry(["check", vm, to]);
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => line.includes(` ${id} (`));
  return { exitCode, text: lines.slice(at, at + 2).join("\n") };
}

test("a target that does not know the LUN's secret is found, in words", async () => {
  const { exitCode, text } = await check("host-b", "lun-secret");
  assert.notEqual(exitCode, 0);
  assert.match(text, /BLOCKS .*"host-b" does not know secret "array"/);
  assert.match(text, /remedy: ferry secret set array --user USER --host host-b/);
});

test("so is a wrong password, by what the storage says", async () => {
  await setSecret("host-b", "not-the-password");
  const { text } = await check("host-b", "lun-reached");
  assert.match(text, /BLOCKS .*"host-b" cannot open LUN "data".*Authentication failure/);
  assert.match(text, /remedy: Correct the user and password/);
});

test("with the right one the check passes, opens the LUN on both hosts, and leaves nobody logged in", async () => {
  await setSecret("host-b", password);
  const { exitCode, text } = await check("host-b", "lun-reached");
  assert.equal(exitCode, 0, text);
  assert.match(text, /passed/);
  await onlyOneLoggedIn();
});

test("a portal's address that leads to another storage on the target is found by the LUN's size", async () => {
  const b = lab.host("host-b");
  // It has the address for itself: it must not answer for it to the others.
  await b.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore"]);
  const address = ["address", "add", `${storage.portal.split(":")[0]}/32`, "dev", "lo"];
  await run("ip", ["-n", b.namespace, ...address]);
  const other = await IscsiStorage.start(lab, b.name);
  await other.addTarget({ name: target, lunMib: 16, chap: { user: "ferry", password } });
  assert.match(
    (await check("host-b", "lun-same")).text,
    /BLOCKS .*LUN "data" .* has 32 MiB on "host-a" and 16 MiB on "host-b"/,
  );
  await run("ip", ["-n", b.namespace, ...address.with(1, "delete")]);
  assert.match((await check("host-b", "lun-same")).text, /passed/);
});

test("a VM of the target that has the LUN too is found", async () => {
  const b = lab.host("host-b");
  await b.api("POST /v1/vms", { body: { name: "twin", memoryMib: 64, vnc: false, luns: [lun()] } });
  assert.match(
    (await check("host-b", "lun-free")).text,
    /BLOCKS .*VM "twin" on "host-b" has LUN "data" too: both would write to it/,
  );
  await b.api("DELETE /v1/vms/{vm}", { params: { vm: "twin" } });
  assert.match((await check("host-b", "lun-free")).text, /passed/);
});

test("the VM moves with its LUN there and back: every record the guest was told is written is there", async () => {
  await disk("write /dev/vda 3 50");
  for (const to of ["host-b", "host-a"]) {
    const options = { verifyMemory: true, blackoutMsMax: 10_000 };
    const record = await finished(lab, await startMove(lab, vm, to, options));
    assert.equal(record.state, "completed", record.error?.message ?? "");
    assert.equal(record.differingPages, 0);
    assert.deepEqual(record.disks, []);
  }
  const acknowledged = (await disk("stop")).split(" ")[1];
  assert.ok(Number(acknowledged) > 50);
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
  await onlyOneLoggedIn();
});

test("the password is in no argument, log, answer or file but the secret's own", async () => {
  for (const host of lab.hosts) {
    const places = [join(host.directory, "run"), host.directory];
    for (const place of places) {
      for (const entry of await readdir(place, {
        recursive: place !== host.directory,
        withFileTypes: true,
      })) {
        if (!entry.isFile()) continue;
        const text = await readFile(join(entry.parentPath, entry.name), "latin1");
        assert.ok(!text.includes(password), `${entry.parentPath}/${entry.name}`);
      }
    }
    const database = await readFile(join(host.directory, "state/ferry.db"), "latin1");
    assert.ok(!database.includes(password));
    const { stdout } = await host.ferry(["secret", "list", "--json"]);
    assert.ok(stdout.includes("array") && !stdout.includes(password));
  }
  const owner = lab.host("host-a");
  const { definition } = await owner.api("GET /v1/vms/{vm}", { params: { vm } });
  for (const pid of await readdir("/proc").then((names) =>
    names.filter((name) => /^\d+$/.test(name)),
  )) {
    const line = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (line.includes(definition.id)) assert.ok(!line.includes(password));
  }
});

test("a LUN that another VM has is refused at once, and so is a document that is wrong", async () => {
  const { exitCode, stderr } = await lab
    .host("host-a")
    .ferry([...["vm", "create", "thief", "--iscsi", `${storage.portal},target=${target},lun=1`]]);
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /Cannot use LUN 1 of iqn.2026-11.lab:vms at .*: VM "db01" has it/);
  const wrong = await lab
    .host("host-a")
    .ferry(["vm", "create", "x", "--iscsi", "10.0.0.1,target=disk"]);
  assert.notEqual(wrong.exitCode, 0);
  assert.match(wrong.stderr, /target/);
});

test("a storage that is away is found before the move", async () => {
  await lab.wire("client.lan").cut();
  try {
    const question = { body: { vm, target: "host-b" } };
    const report: CheckReport = await lab.host("host-a").api("POST /v1/checks", question);
    const lines = report.findings.filter(({ check: id }) => id === "lun-reached");
    assert.deepEqual(
      lines.map(({ host, severity }) => [host, severity]),
      [
        ["host-a", "warning"],
        ["host-b", "blocking"],
      ],
    );
    assert.ok(lines.every(({ message }) => /no answer within 5 s|connect/.test(message)));
  } finally {
    await lab.wire("client.lan").restore();
  }
});
