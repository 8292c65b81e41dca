/** `ferry vm export`, `apply` and `set`: a VM as a document, and changes of it. */
import { readFile } from "node:fs/promises";
import { text as readText } from "node:stream/consumers";
import { type Command, Option } from "commander";
import type { Vm, VmCreate, VmDocument } from "../../api/schema/vm.ts";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { changeDefinition, type SetOptions } from "../definition-changes.ts";
import { draftFromDefinition } from "../definition-draft.ts";
import { renderVmState } from "../render/vm.ts";
import { shutdownPolicies } from "./host-shutdown.ts";

export function defineVmExport(command: Command, cli: Cli): void {
  command
    .description("print a VM's definition as YAML, for `vm apply` and for keeping")
    .argument("<vm>", "name or id")
    .action(async (vm: string) => {
      const { definition } = await cli.call("GET /v1/vms/{vm}", { params: { vm } });
      const { stringify } = await import("yaml");
      cli.output.result(definition, () => stringify(definition).trimEnd());
    });
}

export function defineVmApply(command: Command, cli: Cli): void {
  command
    .description("make a VM as a document says: changed where it exists, created where it does not")
    .argument("<file>", "YAML or JSON, from `vm export` or written by hand; - reads standard input")
    .action(async (file: string) => {
      const document = await readDocument(file);
      const vm = await applyDocument(cli, document);
      cli.output.result(vm, () => renderVmState(vm));
    });
}

export function defineVmSet(command: Command, cli: Cli): void {
  command
    .description("change a VM that is stopped; the medium also of one that runs")
    .argument("<vm>", "name or id")
    .option("--name <name>", "call it differently")
    .option("--memory <size>", "such as 512M or 4G")
    .option("--cpus <count>", "virtual processors, all in one socket")
    .option("--topology <SxCxT>", "sockets x cores x threads")
    .option("--cpu-model <model>", "such as x86-64-v2, or host")
    .option("--iso <pool/file>", "put a medium into the CD drive; `empty` takes it out")
    .option("--boot-order <names>", "disks, CD drives and adapters in the order to try")
    .option("--description <text>", "for people")
    .option("--tags <names>", "separated by commas; replaces those it has")
    .addOption(
      new Option(
        "--at-host-shutdown <policy>",
        "what becomes of it when its host is shut down; host: as that one's settings say",
      ).choices([...Object.keys(shutdownPolicies), "host"]),
    )
    .action(async (vm: string, options: SetOptions) => {
      const before = await cli.call("GET /v1/vms/{vm}", { params: { vm } });
      const body = changeDefinition(before.definition, options);
      // By id, so that the right VM is changed also where another one took its name in between.
      const after = await cli.call("PUT /v1/vms/{vm}", { params: { vm: before.id }, body });
      cli.output.result(after, () => `${renderVmState(after)}; changed`);
    });
}

/** A document with a version is a definition, as `vm export` prints it; one without is a draft, as people write it. */
async function applyDocument(cli: Cli, document: VmDocument | VmCreate): Promise<Vm> {
  if (!("version" in document)) {
    return await cli.call("POST /v1/vms", { body: document });
  }
  const params = { vm: document.name };
  try {
    return await cli.call("PUT /v1/vms/{vm}", { params, body: document });
  } catch (error) {
    if (!(error instanceof FerryError) || error.code !== "not-found") throw error;
  }
  return await cli.call("POST /v1/vms", { body: draftFromDefinition(document) });
}

/** YAML contains JSON: one parser reads both. */
async function readDocument(file: string): Promise<VmDocument | VmCreate> {
  const { parse } = await import("yaml");
  try {
    const text = file === "-" ? await readText(process.stdin) : await readFile(file, "utf8");
    const document: unknown = parse(text);
    if (typeof document === "object" && document !== null && "name" in document) {
      return document as VmDocument | VmCreate;
    }
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot read VM document "${file}"`, {
      remedy: "Name a readable YAML or JSON file; `ferry vm export` prints one",
      cause,
    });
  }
  throw new FerryError("bad-input", `Cannot use VM document "${file}": it names no VM`, {
    remedy: "Give it a name property; `ferry vm export` prints a complete one",
  });
}
