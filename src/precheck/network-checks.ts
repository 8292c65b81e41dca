/** Checks about the way between the hosts. */
import { usableAddresses } from "../network/migration-network.ts";
import type { Check } from "./check.ts";

export const networkChecks: readonly Check[] = [
  {
    id: "migration-network",
    title: "The hosts have a migration network in common",
    look({ source, target }) {
      if (usableAddresses(target.moveAddresses, source.migrationNetworks).length > 0) return [];
      const wanted = source.migrationNetworks?.map(({ subnet }) => subnet).join(", ") ?? "any";
      const offered = target.moveAddresses.join(", ") || "none in its own migration networks";
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" offers ${offered} for moves, "${source.host}" uses networks ${wanted}`,
          remedy:
            "Name a network that both hosts are in on both of them: ferry host network add SUBNET HOST",
        },
      ];
    },
  },
];
