/** Checks about the VM itself: its state, and whether the target's versions can run it. */
import type { Check, Trouble } from "./check.ts";

export const vmChecks: readonly Check[] = [
  {
    id: "vm-state",
    title: "The VM runs, or is paused, and nothing else holds it",
    look({ vm, definition: { name } }) {
      const troubles: Trouble[] = [];
      if (vm.state !== "running" && vm.state !== "paused") {
        troubles.push({
          on: "source",
          severity: "blocking",
          message: `VM "${name}" is ${vm.state}; a live move needs it running or paused`,
          remedy: `Start it first: ferry vm start ${name}`,
        });
      }
      if (vm.migration !== null) {
        troubles.push({
          on: "source",
          severity: "blocking",
          message: `VM "${name}" is held by migration ${vm.migration}`,
          remedy: `Wait for it, or cancel it: ferry migration cancel ${vm.migration}`,
        });
      }
      return troubles;
    },
  },
  {
    id: "vm-unknown-on-target",
    title: "The target has no VM of this name or id",
    look({ definition: { name, id }, target }) {
      if (target.known === null) return [];
      const same = target.known.id === id;
      return [
        {
          on: "target",
          severity: "blocking",
          message: same
            ? `"${target.host}" knows VM "${name}" already, as ${target.known.state}`
            : `"${target.host}" has another VM named "${name}" (${target.known.id}, ${target.known.state})`,
          remedy: same
            ? `Wait until a move of it has been cleaned up, or delete the leftover there: ferry vm show ${name}`
            : "Rename or delete one of the two",
        },
      ];
    },
  },
  {
    id: "machine-type",
    title: "The target's QEMU has the VM's machine type",
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
    look({ definition, target }) {
      if (definition.version <= target.definitionVersion) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `Ferry ${target.ferryVersion} on "${target.host}" knows documents up to version ${target.definitionVersion}, the VM's is ${definition.version}`,
          remedy: `Upgrade Ferry on "${target.host}"`,
        },
      ];
    },
  },
];
