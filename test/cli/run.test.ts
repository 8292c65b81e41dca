import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { type Answering, answeringServer } from "./answering-server.ts";
import { aVm } from "./sample-vm.ts";

const refuse = (code: string, status: number) => () => ({
  status,
  json: { error: { code, message: `Cannot do this: ${code}`, remedy: "Do that" } },
});

test("an error is a message and a remedy on standard error, and the exit code of its cause", async () => {
  await using agent = await answeringServer(refuse("in-use", 409));
  assert.deepEqual(await agent.run("vm", "start", "web01"), {
    exit: 5,
    out: "",
    err: "error: Cannot do this: in-use\nremedy: Do that\n",
  });
});

test("with --json an error is the one document, on standard output, with the same exit code", async () => {
  await using agent = await answeringServer(refuse("not-found", 404));
  const { exit, out, err } = await agent.run("--json", "vm", "show", "web01");
  assert.deepEqual([exit, err], [4, ""]);
  assert.deepEqual(JSON.parse(out), {
    error: { code: "not-found", message: "Cannot do this: not-found", remedy: "Do that" },
  });
});

test("a list over the domain names the hosts that are missing from it", async () => {
  const unreachable = [{ host: "host-c", message: "it does not answer" }];
  await using agent = await answeringServer(() => ({ json: { vms: [aVm()], unreachable } }));
  const { exit, out, err } = await agent.run("vm", "list");
  assert.equal(agent.asked[0]?.what, "GET /v1/vms?scope=domain");
  assert.equal(exit, 0);
  assert.match(out, /^NAME .*\nweb01 +running +host-a +2 +1 GiB/);
  assert.match(err, /^warning: host "host-c"/);
});

test("--host asks for one host, wherever it stands on the line", async () => {
  await using agent = await answeringServer(() => ({ json: { vms: [], unreachable: [] } }));
  await agent.run("vm", "list", "--host", "host-b");
  await agent.run("--host", "host-b", "vm", "list");
  assert.deepEqual(
    agent.asked.map(({ what, host }) => [what, host]),
    [
      ["GET /v1/vms", "host-b"],
      ["GET /v1/vms", "host-b"],
    ],
  );
});

test("nothing at all shows help; an unknown command suggests the nearest", async () => {
  await using agent = await answeringServer(() => undefined);
  const help = await agent.run();
  assert.equal(help.exit, 0);
  assert.match(help.out, /^Usage: ferry/);
  const unknown = await agent.run("mvoe", "web01", "host-b");
  assert.equal(unknown.exit, 2);
  assert.match(unknown.err, /unknown command "mvoe"\nremedy: Did you mean move\?/);
  const inside = await agent.run("vm", "lst", "--json");
  assert.match(inside.out, /"remedy": "Did you mean list\?/);
  assert.equal(agent.asked.length, 0);
});

test("what cannot be taken back is refused without --yes where nobody can be asked", async () => {
  await using agent = await answeringServer(() => ({}));
  for (const line of ["vm delete a", "vm power-off a", "host expel a", "pool delete a"]) {
    const { exit, err } = await agent.run(...line.split(" "));
    assert.equal(exit, 2);
    assert.match(err, /remedy: .*--yes/);
  }
  assert.equal(agent.asked.length, 0);
  const { exit } = await agent.run("vm", "delete", "a", "--disks", "--yes", "--json");
  assert.equal(exit, 0);
  assert.equal(agent.asked[0]?.what, "DELETE /v1/vms/a?disks=delete");
});

test("vm apply changes a VM that exists and creates one that does not", async () => {
  const { definition } = aVm();
  const answering: Answering = ({ what }) =>
    what.startsWith("PUT") ? refuse("not-found", 404)() : { json: aVm() };
  await using agent = await answeringServer(answering);
  const file = join(agent.directory, "web01.json");
  await writeFile(file, JSON.stringify(definition));
  const { exit, out } = await agent.run("vm", "apply", file);
  assert.deepEqual([exit, out], [0, "web01 is running on host-a\n"]);
  const [put, post] = agent.asked;
  assert.deepEqual([put?.what, put?.body], ["PUT /v1/vms/web01", definition]);
  assert.equal(post?.what, "POST /v1/vms");
  const draft = post.body as { disks: unknown; version?: unknown };
  assert.deepEqual(draft.disks, definition.disks);
  assert.equal(draft.version, undefined);
});

test("vm export prints what vm apply takes", async () => {
  const { definition } = aVm();
  await using agent = await answeringServer(() => ({ json: aVm() }));
  const exported = await agent.run("vm", "export", "web01");
  const file = join(agent.directory, "web01.yaml");
  await writeFile(file, exported.out);
  await agent.run("vm", "apply", file);
  assert.deepEqual(agent.asked.at(-1)?.body, definition);
});

test("a document that is none is refused before the agent is asked", async () => {
  await using agent = await answeringServer(() => undefined);
  const file = join(agent.directory, "bad.yaml");
  for (const text of ["", "- 1", "{ version: 1 }", "a: [", "\u0000"]) {
    await writeFile(file, text);
    const { exit, err } = await agent.run("vm", "apply", file);
    assert.equal(exit, 2, text);
    assert.match(err, /remedy: /);
  }
  assert.equal((await agent.run("vm", "apply", join(agent.directory, "none"))).exit, 2);
  assert.equal(agent.asked.length, 0);
});

test("names are completed by asking the agent; without one there are none, and no error", async () => {
  await using agent = await answeringServer(() => ({ json: { vms: [aVm()], unreachable: [] } }));
  const complete = (...words: string[]) => agent.run("complete-words", "--", ...words);
  assert.deepEqual(await complete("move", "w"), { exit: 0, out: "web01\n", err: "" });
  assert.deepEqual(await complete("move", "x"), { exit: 0, out: "", err: "" });
  const elsewhere = await complete("--socket", "/nowhere", "move", "");
  assert.deepEqual(elsewhere, { exit: 0, out: "", err: "" });
});

test("events are one document a line with --json, and one line each without", async () => {
  const event = {
    id: 3,
    at: 1_795_000_000_000,
    type: "token.created",
    subject: "x",
    data: { name: "ci" },
  };
  const answering: Answering = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`id: 3\ndata: ${JSON.stringify(event)}\n\n`);
    return {};
  };
  for (const json of [true, false]) {
    await using agent = await answeringServer(answering);
    const child = agent.start("events", ...(json ? ["--json"] : []));
    let text = "";
    for await (const piece of child.stdout.setEncoding("utf8") as AsyncIterable<string>) {
      text += piece;
      if (text.includes("\n")) break;
    }
    child.kill("SIGINT");
    if (json) assert.deepEqual(JSON.parse(text), event);
    else assert.match(text, /token\.created {2}name ci\n$/);
  }
});
