/** Checks about the VM itself: its state, and that nobody else is it. */
import type { Check, Trouble } from "./check.ts";

export const vmChecks: readonly Check[] = [
  {
    id: "vm-state",
    title: "The VM runs, or is paused, and nothing else holds it",
    compares:
      "The VM's state on the source, and the migration that holds it, against what a live move needs",
    severity: "blocking",
    remedy: "Start the VM, or wait for the migration that holds it",
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
    compares: "The VM's name and id against the VMs that the target knows",
    severity: "blocking",
    remedy: "Rename one of the two VMs, or delete what is left of it on the target",
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
    id: "tpm",
    title: "The target can be the VM's TPM",
    compares: "Whether the VM has a TPM against whether the target has swtpm",
    severity: "blocking",
    remedy: "Install swtpm on the target: apt-get install swtpm",
    look({ definition, target }) {
      if (definition.tpm === undefined || typeof target.tpmEmulator === "string") return [];
      const newer = target.tpmEmulator === undefined;
      return [
        {
          on: "target",
          severity: "blocking",
          message: newer
            ? `Ferry ${target.ferryVersion} on "${target.host}" knows no TPM, the VM has one`
            : `"${target.host}" has no swtpm, which would be the VM's TPM`,
          remedy: newer
            ? `Upgrade Ferry on "${target.host}"`
            : `On "${target.host}": apt-get install swtpm, or set qemu.tpmEmulator to where it is`,
        },
      ];
    },
  },
];
