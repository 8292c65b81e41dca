/** Three hosts, real etcd, a real guest: what a cluster is for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { patienceMs } from "../../lab/patience.ts";
import { inNamespace } from "../../lab/namespaces.ts";
import type { FerryEvent } from "../../src/api/schema/event.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { findUefiFirmware } from "../../src/qemu/firmware.ts";
import { finished, startMove } from "../move/moves.ts";
import { clusterOf, formCluster, ordinary, runsOn, until, vmOn } from "./cluster-lab.ts";

const mark = "kept by the cluster";
const hasFirmware = await findUefiFirmware().then(
  () => true,
  () => false,
);
const vm = "web01";
const address = "10.77.0.50";
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "cluster", hosts: 3 });
  await formCluster(lab);
  await createGuest(lab, { name: vm, host: "host-a", address, diskMib: 32 });
});

after(() => Lab.down("cluster"));

test("a VM becomes the cluster's while it runs, moves with its owner record, and its connections stay", async () => {
  const body = { ...ordinary, priority: "high" as const, preferredHosts: ["host-c"] };
  const host = lab.host("host-a");
  await host.api("PUT /v1/vms/{vm}/cluster", { params: { vm }, body });
  await using watch = await lab.client.use(address, ["counter"]);
  const record = await finished(lab, await startMove(lab, vm, "host-b"));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  const { lost, duplicates, errors } = await watch.counter();
  assert.deepEqual({ lost, duplicates, errors }, { lost: 0, duplicates: 0, errors: 0 });
  const owned = (await clusterOf(host)).vms.find(({ name }) => name === vm);
  assert.deepEqual([owned?.host, owned?.generation], ["host-b", 2]);
  const history = await lab.host("host-c").ferry(["migration", "list", "--vm", vm, "--json"]);
  assert.match(history.stdout, new RegExp(record.id), "any member knows the history");
  const refused = await host.ferry(["vm", "delete", vm, "--yes"]);
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.stderr, /it is the cluster's/);
});

test("a host loses its power: its VM starts elsewhere once, every acknowledged record on its disk; the host starts nothing when it is back", async () => {
  await disk("write /dev/vda 3 50");
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  using heard = new DomainEvents(a);
  await until("events of all hosts are heard", async () => heard.has("host.followed", "host-c"));
  await b.powerCut();
  await until("the VM runs elsewhere", async () => (await runsOn([a, c], vm)).length > 0);
  assert.deepEqual(await runsOn([a, c], vm), ["host-c"], "its preferred host, and no other");
  await until("host-a's watcher hears of it", async () => {
    return heard.has("cluster.vm-started", "host-c");
  });
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
  await b.agent.start();
  await until("the host is back", async () => {
    const { lease, hosts } = await clusterOf(b);
    const self = hosts.find(({ name }) => name === "host-b");
    return (
      lease.standing === "held" && self?.state === "alive" && (await vmOn(b, vm)) === undefined
    );
  });
  assert.deepEqual(await runsOn(lab.hosts, vm), ["host-c"]);
});

test("a host is cut off: it stops its guest before another starts it", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  await lab.wire("host-c.lan").cut();
  // Whoever sees it run elsewhere looks here: it must not run any more.
  await until("the VM runs elsewhere", async () => (await runsOn([a, b], vm)).length > 0);
  assert.notEqual((await vmOn(c, vm))?.state, "running");
  await lab.wire("host-c.lan").restore();
  await until("the cut off host gives its copy up", async () => (await vmOn(c, vm)) === undefined);
  assert.equal((await runsOn(lab.hosts, vm)).length, 1);
});

test("what the firmware of a UEFI VM remembers is there after a failover", {
  skip: !hasFirmware && "no UEFI firmware",
}, async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const name = "efi01";
  const draft = { name, memoryMib: 128, vnc: false, firmware: "uefi" } as const;
  const { id } = await b.api("POST /v1/vms", { body: draft });
  const params = { vm: name };
  await b.api("PUT /v1/vms/{vm}/cluster", { params, body: ordinary });
  await b.api("POST /v1/vms/{vm}/start", { params });
  const flash = ({ directory }: LabHost) => join(directory, "state/vms", id, "efi-variables.fd");
  await marked(flash(b));
  await until("etcd has a copy", async () => {
    const { records } = await a.api("GET /v1/cluster/backup");
    const packed = records.find(({ key }) => key.endsWith(`efi/${id}`))?.value ?? "";
    return packed !== "" && inflateRawSync(Buffer.from(packed, "base64")).includes(mark);
  });
  await b.powerCut();
  await until("it runs elsewhere", async () => (await runsOn([a, c], name)).length > 0);
  const [heir] = await runsOn([a, c], name);
  assert.ok((await readFile(flash(lab.host(heir ?? "")))).includes(mark));
  await b.agent.start();
});

/** Writes into an empty end of the flash, which the firmware leaves alone. */
async function marked(path: string): Promise<void> {
  await until(
    "there is a flash",
    async () => (await stat(path).catch(() => undefined)) !== undefined,
  );
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(mark, size - mark.length);
  await file.close();
}

/** What `ferry events --domain` tells on a host, as it comes. */
class DomainEvents implements Disposable {
  readonly #heard: FerryEvent[] = [];
  readonly #child;

  constructor(host: LabHost) {
    const command = [...host.ferryCommand, "events", "--domain", "--json"];
    const [program, args] = inNamespace(host.namespace, command);
    this.#child = spawn(program, args, {
      env: host.environment(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#heard.push(JSON.parse(line) as FerryEvent);
    });
  }

  has(type: FerryEvent["type"], host: string): boolean {
    return this.#heard.some((event) => event.type === type && event.host === host);
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
