/** Checks about networks: the way between the hosts, and the guest's own. */
import { usableAddresses } from "../network/migration-network.ts";
import type { Check } from "./check.ts";

export const networkChecks: readonly Check[] = [
  {
    id: "migration-network",
    title: "The hosts have a migration network in common",
    compares: "The target's addresses for moves against the networks that the source uses",
    severity: "blocking",
    remedy:
      "Name a network that both hosts are in on both of them: ferry host network add SUBNET HOST",
    look({ source, target }) {
      if (usableAddresses(target.moveAddresses, source.migrationNetworks).length > 0) return [];
      const subnets = source.migrationNetworks?.map(({ subnet }) => subnet).join(", ");
      const wanted = subnets === undefined ? "any network" : `networks ${subnets}`;
      const offers =
        target.moveAddresses.length === 0
          ? "has no address in its own migration networks"
          : `offers ${target.moveAddresses.join(", ")} for moves`;
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" ${offers}, "${source.host}" uses ${wanted}`,
          remedy:
            "Name a network that both hosts are in on both of them: ferry host network add SUBNET HOST",
        },
      ];
    },
  },
  {
    id: "virtual-switch",
    title: "The target has every virtual switch the VM is connected to",
    compares: "The switches of the VM's network adapters against the target's, by name",
    severity: "blocking",
    remedy: "Create the switch on the target: ferry switch create NAME BRIDGE",
    look({ definition, target }) {
      const names = [...new Set(definition.nics.map((nic) => nic.switch))];
      return names.flatMap((name) => {
        if ((target.switches[name] ?? null) !== null) return [];
        return [
          {
            on: "target" as const,
            severity: "blocking" as const,
            message: `"${target.host}" has no virtual switch "${name}"`,
            remedy: `On "${target.host}": ferry switch create ${name} BRIDGE`,
          },
        ];
      });
    },
  },
];
