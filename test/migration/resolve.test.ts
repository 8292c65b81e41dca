/** A host is lost for good in the middle of a move, a person says so, and it comes back. Real agents in the lab, `ferry` as a person types it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { end, processesIn } from "../../lab/namespaces.ts";
import type { Vm } from "../../src/api/schema/vm.ts";

const vm = "web01";
const msMax = 60_000;

describe("a host that is lost in a move", { concurrency: false }, () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up({ name: "fresolve", settings: { faultInjection: true } });
    const disks = [{ pool: "vms", sizeBytes: 1 << 20 }];
    await lab.host("host-a").api("POST /v1/vms", {
      body: { name: vm, memoryMib: 64, vnc: false, disks },
    });
    await lab.host("host-a").api("POST /v1/vms/{vm}/start", { params: { vm } });
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  async function vmOn(host: LabHost): Promise<Vm | undefined> {
    return (await host.api("GET /v1/vms")).vms.find(({ name }) => name === vm);
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + msMax;
    while (!(await holds())) {
      if (performance.now() > deadline) assert.fail(`not after ${msMax} ms: ${what}`);
      await sleep(30);
    }
  }

  /** Moves from one host to the other, and takes a host's power when the move comes to the point. */
  async function loseAt(point: string, from: LabHost, to: LabHost, lost: LabHost): Promise<string> {
    const paused = lost === to ? from : to;
    await paused.api("POST /v1/faults", { body: { point, action: "pause" } });
    const { id } = await from.api("POST /v1/migrations", { body: { vm, target: to.name } });
    await until("the point is reached", async () => {
      const { faults } = await paused.api("GET /v1/faults");
      return faults.some(({ state }) => state === "struck");
    });
    await lost.agent.stop("SIGKILL");
    for (const pid of await processesIn(lost.namespace)) end(pid, "SIGKILL");
    await paused.api("DELETE /v1/faults");
    return id;
  }

  /** As soon as the move itself has ended, in doubt. */
  async function resolve(host: LabHost, id: string, word: string): Promise<void> {
    await until("the word is heard", async () => {
      const said = await host.ferry(["migration", "resolve", id, word, "--yes"]);
      if (said.exitCode !== 0) assert.match(said.stderr, /still under way/);
      return said.exitCode === 0;
    });
  }

  test("the target after the handover: the VM goes on on the source by a word, and the target gives way", async () => {
    const [a, b] = [lab.host("host-a"), lab.host("host-b")];
    const id = await loseAt("source:storage-handover:after", a, b, b);
    assert.equal((await vmOn(a))?.state, "handed-over", "nothing resumes it by itself");

    const unsure = await a.ferry(["migration", "resolve", id, "--target-is-dead"]);
    assert.notEqual(unsure.exitCode, 0);
    assert.match(unsure.stderr, /two copies of the VM run/);
    const wrongWord = await a.ferry(["migration", "resolve", id, "--yes"]);
    assert.match(wrongWord.stderr, /--target-is-dead or --source-is-dead/);

    await resolve(a, id, "--target-is-dead");
    await until("it runs on the source", async () => (await vmOn(a))?.state === "running");
    assert.equal((await vmOn(a))?.generation, 3);

    await b.agent.start();
    await until("the target owns nothing", async () => (await vmOn(b)) === undefined);
    const again = await a.ferry(["migration", "resolve", id, "--target-is-dead", "--yes"]);
    assert.match(again.stderr, /its journal says/);
    const moved = await a.ferry(["move", vm, b.name]);
    assert.equal(moved.exitCode, 0, moved.stderr);
  });

  test("the source before the target has its word: the VM goes on on the target, and the source gives way", async () => {
    const [a, b] = [lab.host("host-a"), lab.host("host-b")];
    const id = await loseAt("target:journal-ready:after", b, a, b);
    assert.equal((await vmOn(a))?.state, "incoming", "nothing lets it run by itself");

    await resolve(a, id, "--source-is-dead");
    await until("it runs on the target", async () => (await vmOn(a))?.state === "running");

    await b.agent.start();
    await until("the source owns nothing", async () => (await vmOn(b)) === undefined);
    const moved = await a.ferry(["move", vm, b.name]);
    assert.equal(moved.exitCode, 0, moved.stderr);
  });

  test("a word is refused while the other host answers, and where nothing waits for it", async () => {
    const [a, b] = [lab.host("host-a"), lab.host("host-b")];
    const { id } = await b.api("POST /v1/migrations", { body: { vm, target: a.name } });
    await until("it is over", async () => {
      const { endedAt } = await b.api("GET /v1/migrations/{id}", { params: { id } });
      return endedAt !== null;
    });
    const refused = await b.ferry(["migration", "resolve", id, "--target-is-dead", "--yes"]);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, /Cannot resolve migration .* its journal says "taken"/);
  });
});
