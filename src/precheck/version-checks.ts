/** Checks about versions: machine type, the VM's document, and what the agents speak. */
import { unknownTo } from "../protocol/since.ts";
import { VmDefinition } from "../vm/definition.ts";
import type { Check, Trouble } from "./check.ts";
import type { HostFacts } from "./facts.ts";

/** What of a definition may get lost without harm to the guest. */
const noteOfUpgrade = "/machine/upgradeTo";

export const versionChecks: readonly Check[] = [
  {
    id: "machine-type",
    title: "The target's QEMU has the VM's machine type",
    compares: "The VM's machine type against those of the target's QEMU",
    severity: "blocking",
    remedy: "Install a QEMU on the target that is at least as new as the source's",
    look({ definition, source, target }) {
      const wanted = definition.machine.type;
      if (target.qemu === null || target.qemu.machineTypes.includes(wanted)) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message:
            `QEMU ${target.qemu.version} on "${target.host}" has no machine type "${wanted}" ` +
            `(QEMU ${source.qemu?.version ?? "?"} on "${source.host}" has)`,
          remedy: `Install a QEMU on "${target.host}" that is at least as new as the source's`,
        },
      ];
    },
  },
  {
    id: "definition-version",
    title: "The target understands the VM's document",
    compares: "The version of the VM's document against what the target's Ferry understands",
    severity: "blocking",
    remedy: "Upgrade Ferry on the target",
    look({ definition, target }) {
      if (definition.version <= target.definitionVersion) return [];
      return [
        {
          on: "target",
          message: `Ferry ${target.ferryVersion} on "${target.host}" knows documents up to version ${target.definitionVersion}, the VM's is ${definition.version}`,
          remedy: `Upgrade Ferry on "${target.host}"`,
        },
      ];
    },
  },
  {
    id: "protocol-version",
    title: "Both agents speak a common protocol version",
    compares: "The protocol versions that both agents speak",
    severity: "blocking",
    remedy: "Upgrade the older host: each version speaks its own and the previous protocol",
    look({ source, target }) {
      const common = source.protocolVersions.filter((version) =>
        target.protocolVersions.includes(version),
      );
      if (common.length > 0) return oneIsOlder(source, target, Math.max(...common));
      return [
        {
          on: "target",
          severity: "blocking",
          message: `Ferry ${target.ferryVersion} on "${target.host}" speaks protocol ${target.protocolVersions.join(", ")}, "${source.host}" speaks ${source.protocolVersions.join(", ")}`,
          remedy: "Upgrade the older host: each version speaks its own and the previous protocol",
        },
      ];
    },
  },
  {
    id: "definition-known",
    title: "The target's agent knows all that the VM has",
    compares: "What the VM's document holds against what the protocol of the target's agent knows",
    severity: "blocking",
    remedy: "Upgrade Ferry on the target",
    look({ definition, target }) {
      const version = Math.max(...target.protocolVersions);
      return unknownTo(version, VmDefinition, definition).map((path) => {
        const remedy = `Upgrade Ferry on "${target.host}"`;
        if (path !== noteOfUpgrade) {
          const message = `Ferry ${target.ferryVersion} on "${target.host}" does not know ${path} of the VM's document`;
          return { on: "target", message, remedy };
        }
        const message = `Ferry ${target.ferryVersion} on "${target.host}" would forget that VM "${definition.name}" is to be upgraded at its next start`;
        return { on: "target", severity: "warning", message, remedy };
      });
    },
  },
];

/** It works, and is worth knowing: the move does without what the newer one could. */
function oneIsOlder(source: HostFacts, target: HostFacts, agreed: number): Trouble[] {
  const newest = (facts: HostFacts) => Math.max(...facts.protocolVersions);
  if (newest(source) === newest(target)) return [];
  const [on, older, newer] =
    newest(source) < newest(target)
      ? (["source", source, target] as const)
      : (["target", target, source] as const);
  return [
    {
      on,
      severity: "warning",
      message: `"${older.host}" speaks protocol ${older.protocolVersions.join(", ")}, "${newer.host}" ${newer.protocolVersions.join(", ")}: this move is made by version ${agreed}`,
      remedy: `Upgrade Ferry on "${older.host}"`,
    },
  ];
}
