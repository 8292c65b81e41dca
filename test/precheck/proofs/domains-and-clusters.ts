/** Scenes about who trusts whom and whose a VM is. The last ones: a cluster and a foreign domain stay until the lab goes. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { clusterOf, until } from "../../cluster/cluster-lab.ts";
import type { Scene } from "./scene.ts";

export const domainAndClusterScenes: readonly Scene[] = [
  {
    title: "a VM of a cluster, and a target that is not in it",
    async spoil(site) {
      await site.a.api("POST /v1/cluster", { body: { name: "proofs" } });
      await site.make(site.a, "clu01");
      const body = {
        priority: "high",
        preferredHosts: [],
        possibleHosts: null,
        apart: [],
      } as const;
      await until("the cluster takes the VM", async () => {
        const policy = { ...body, preferredHosts: [], apart: [] };
        const taken = site.a.api("PUT /v1/vms/{vm}/cluster", {
          params: { vm: "clu01" },
          body: policy,
        });
        return await taken.then(
          () => true,
          () => false,
        );
      });
      return { vm: "clu01" };
    },
    reads: {
      cluster: /^host-b blocking: VM "clu01" is cluster "proofs"'s, and "host-b" is not in it$/,
    },
    async mend({ b }) {
      await b.api("POST /v1/cluster/join", { body: {} });
      await until("host-b may run its VMs", async () => {
        return (await clusterOf(b)).lease.standing === "held";
      });
    },
  },
  {
    title: "a target whose domain does not trust the source's",
    async spoil(site) {
      const { a, c } = site;
      await a.api("DELETE /v1/hosts/{host}", { params: { host: "host-c" } });
      await c.agent.stop();
      await rm(join(c.directory, "state"), { recursive: true });
      await c.agent.start();
      await site.ferry(c, ["domain", "create", "lyon"]);
      await c.furnish();
      const lyon = await site.ferry(c, ["domain", "certificate"]);
      await site.ferry(a, ["domain", "trust", "-"], lyon);
      await site.make(a, "far01");
      return { vm: "far01", target: "host-c" };
    },
    // A host that trusts nobody here says nothing about itself: there is nothing else to report.
    reads: {},
    refused: { domain: /host-c.*ferry domain trust/s },
    async mend(site) {
      const own = await site.ferry(site.a, ["domain", "certificate"]);
      await site.ferry(site.c, ["domain", "trust", "-"], own);
    },
  },
];
