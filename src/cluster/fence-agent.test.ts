import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { requireFenceDevice, runFenceAgent } from "./fence-agent.ts";

/** Speaks as Debian's agents do; the power's state is a file. */
const agent = `#!/bin/sh
while IFS='=' read -r name value; do
  case "$name" in
    action) action=$value ;;
    plug) state=$value ;;
    password) password=$value ;;
  esac
done
[ "$password" = "s3cret=x" ] || { echo "Unable to connect/login to fencing device" >&2; exit 1; }
case "$action" in
  off | reboot) echo "$action $#" >"$state" ;;
  status) grep -q ^off "$state" && exit 2; exit 0 ;;
esac
`;
const path = process.env["PATH"];
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-fence-"));
  await writeFile(join(directory, "fence_test"), agent);
  await chmod(join(directory, "fence_test"), 0o755);
  process.env["PATH"] = `${directory}${delimiter}${path}`;
});

after(async () => {
  process.env["PATH"] = path;
  await rm(directory, { recursive: true });
});

test("an agent is told on standard input, and nothing of it is an argument; off and on are told apart", async () => {
  const state = join(directory, "power");
  await writeFile(state, "on");
  const options = { plug: state, password: "s3cret=x" };
  assert.equal(await runFenceAgent({ agent: "fence_test", options }, "status"), true);
  await runFenceAgent({ agent: "fence_test", options }, "off");
  assert.equal(await readFile(state, "utf8"), "off 0\n");
  assert.equal(await runFenceAgent({ agent: "fence_test", options }, "status"), false);
});

test("what an agent says when it fails is the error, and one that is not installed is named with its package", async () => {
  const options = { plug: join(directory, "power"), password: "wrong" };
  await assert.rejects(runFenceAgent({ agent: "fence_test", options }, "off"), {
    code: "system-refused",
    message: /could not do "off": Unable to connect/,
  });
  await assert.rejects(runFenceAgent({ agent: "fence_none", options }, "off"), {
    code: "missing-program",
    remedy: /apt-get install fence-agents/,
  });
});

test("the records name no program but a fence agent, and no option that is a program, a file or two lines", () => {
  const refused = (device: string, options: Record<string, string>): void =>
    assert.throws(() => requireFenceDevice({ agent: device, options }, ["own"]), {
      code: "bad-input",
    });
  for (const name of ["sh", "../fence_x", "fence_x/../../bin/sh", "fence_", "fence_A"])
    refused(name, {});
  for (const name of ["ssh_path", "identity_file", "ssh_options", "ipmitool_path", "status_file"])
    refused("fence_ipmilan", { [name]: "x" });
  refused("fence_ipmilan", { ip: "10.0.0.1\naction=on" });
  requireFenceDevice({ agent: "fence_ipmilan", options: { ip: "10.0.0.1", own: "x" } }, ["own"]);
});
