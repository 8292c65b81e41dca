/** Checks about the hosts themselves: two of them, taking part in moves, with a QEMU and clocks that agree. */
import { boundToHost } from "../vm/bound-to-host.ts";
import type { Check, CheckInput, Trouble } from "./check.ts";

/** Runnable tasks for each processor; with more, what a move needs has to wait for its turn. */
const loadPerCpuMax = 2;
/** Beyond this certificates and records begin to disagree. */
const clockDifferenceMsMax = 30_000;
const dayMs = 86_400_000;
/** They are renewed a month before: by now that has failed for weeks, and the longest move takes days. */
const certificateLeftMsMin = 7 * dayMs;

function closed(on: "source" | "target", host: string, message: string): Trouble {
  const remedy = `Open it: ferry host resume ${host}, ferry host set ${host} --migration on`;
  return { on, severity: "blocking", message, remedy };
}

const cannotChange = (host: string, trouble: string): string =>
  `"${host}" can't change the cluster's records: ${trouble}`;

/** A VM of the source's cluster. */
function leaving({ source, target, definition, options }: CheckInput): Trouble[] {
  const here = source.cluster;
  if (here === undefined || !here.vms.includes(definition.id)) return [];
  const stays = target.cluster?.id === here.id;
  const asked = [source, ...(stays ? [target] : [])];
  const troubles = asked.flatMap(({ host, cluster }): Trouble[] => {
    if (cluster === undefined || cluster.trouble === null) return [];
    const on = host === source.host ? "source" : "target";
    return [{ on, message: cannotChange(host, cluster.trouble) }];
  });
  if (stays) return troubles;
  const message = `VM "${definition.name}" is cluster "${here.name}"'s, and "${target.host}" is not in it`;
  if (options.leaveCluster !== true) {
    const remedy = `Let the host join (ferry cluster join), or let the VM leave: --leave-cluster`;
    return [...troubles, { on: "target", message, remedy }];
  }
  if (options.enterCluster === true) return troubles;
  const remedy = "Nobody keeps it running there; with --enter-cluster the target's cluster does";
  return [...troubles, { on: "target", severity: "warning", message, remedy }];
}

/** A VM that shall be the target's cluster's. */
function entering({ source, target, definition, options }: CheckInput): Trouble[] {
  if (options.enterCluster !== true) return [];
  const { host, cluster } = target;
  if (cluster === undefined) {
    const message = `VM "${definition.name}" cannot enter a cluster on "${host}": that host is in none`;
    const remedy = "Let it join one first (ferry cluster join), or leave --enter-cluster out";
    return [{ on: "target", message, remedy }];
  }
  if (source.cluster?.id === cluster.id && source.cluster.vms.includes(definition.id)) return [];
  if (cluster.trouble !== null)
    return [{ on: "target", message: cannotChange(host, cluster.trouble) }];
  const bound = boundToHost(definition, cluster.disks ?? []);
  if (bound === undefined) return [];
  const message = `VM "${definition.name}" cannot enter cluster "${cluster.name}": it has ${bound}`;
  return [{ on: "source", message, remedy: "Take that from the VM, or leave --enter-cluster out" }];
}

export const hostChecks: readonly Check[] = [
  {
    id: "different-hosts",
    title: "Source and target are two hosts",
    compares: "The source's name against the target's",
    severity: "blocking",
    remedy: "Name another host of the domain: ferry host list",
    look({ source, target, definition }) {
      if (source.host !== target.host) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `VM "${definition.name}" is on "${target.host}" already`,
          remedy: "Name another host of the domain: ferry host list",
        },
      ];
    },
  },
  {
    id: "takes-part",
    title: "Moves may leave the source and come to the target",
    compares:
      "Whether both hosts take part in moves: switched on, not draining, slots not set to 0",
    severity: "blocking",
    remedy: "Open the host: ferry host resume HOST, ferry host set HOST --migration on",
    look({ source, target }) {
      const leave = source.closed.outgoing;
      const come = target.closed.incoming;
      return [
        ...(leave === null
          ? []
          : [closed("source", source.host, `No move leaves "${source.host}": ${leave}`)]),
        ...(come === null
          ? []
          : [closed("target", target.host, `No move comes to "${target.host}": ${come}`)]),
      ];
    },
  },
  {
    id: "qemu-present",
    title: "The target has QEMU",
    compares: "Whether the target has a QEMU that Ferry drives",
    severity: "blocking",
    remedy: "Install QEMU on the target, or name it in its configuration",
    look({ target }) {
      if (target.qemu !== null) return [];
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" has no working QEMU`,
          remedy: `On "${target.host}": apt install qemu-system-x86`,
        },
      ];
    },
  },
  {
    id: "clocks",
    title: "The hosts' clocks agree",
    compares: "The clocks of both hosts",
    severity: "warning",
    remedy: "Run a time service (chrony, systemd-timesyncd) on both hosts",
    look({ source, target }) {
      const difference = Math.abs(source.clockMs - target.clockMs);
      if (difference <= clockDifferenceMsMax) return [];
      return [
        {
          on: "target",
          severity: "warning",
          message: `The clocks of "${source.host}" and "${target.host}" differ by ${Math.round(difference / 1000)} s`,
          remedy: "Run a time service (chrony, systemd-timesyncd) on both hosts",
        },
      ];
    },
  },
  {
    id: "domain",
    title: "The hosts are in one domain, or in two that trust each other",
    compares: "The domains of both hosts, and whom these trust",
    severity: "blocking",
    remedy: "Let both domains trust each other: ferry domain trust, on a host of each",
    look({ source, target }) {
      const [here, there] = [source.domain, target.domain];
      if (here === undefined || there === undefined || here.id === there.id) return [];
      const oneWay = (on: "source" | "target", from: typeof here, to: typeof here): Trouble[] => {
        if (from.trusted.includes(to.id)) return [];
        return [{ on, message: `Domain "${from.name}" does not trust domain "${to.name}"` }];
      };
      return [...oneWay("source", here, there), ...oneWay("target", there, here)];
    },
  },
  {
    id: "certificate",
    title: "Both hosts' certificates hold for longer than a move takes",
    compares: "When the certificate of each host runs out, by the host's own clock",
    severity: "warning",
    remedy:
      "Let the host reach the domain's issuer, which renews certificates by itself, and set its clock right",
    look({ source, target }) {
      return (["source", "target"] as const).flatMap((on): Trouble[] => {
        const { host, domain, clockMs } = on === "source" ? source : target;
        const leftMs = (domain?.certificateUntilMs ?? Infinity) - clockMs;
        if (leftMs >= certificateLeftMsMin) return [];
        const left = `${Math.max(0, leftMs / dayMs).toFixed(1)} days`;
        const message = `The certificate of "${host}" runs out in ${left}, and was not renewed: no host would take its moves then`;
        return [{ on, message }];
      });
    },
  },
  {
    id: "cluster",
    title: "A VM of a cluster stays in it unless it may leave, and the cluster can hand it over",
    compares:
      "The source's cluster, if the VM is its, against the target's; whether it may leave or shall enter one, and whether etcd takes beats from both",
    severity: "blocking",
    remedy: "See what is wrong: ferry cluster status",
    look: (input) => [...leaving(input), ...entering(input)],
  },
  {
    id: "load",
    title: "Both hosts have processor time left for a move",
    compares: "The runnable tasks of each host, averaged over a minute, against its processors",
    severity: "warning",
    remedy:
      "Move when the host has less to do: a move under load takes longer, and so does its blackout",
    look({ source, target }) {
      return (["source", "target"] as const).flatMap((on): Trouble[] => {
        const { host, load } = on === "source" ? source : target;
        if (load === undefined || load.oneMinute <= load.cpus * loadPerCpuMax) return [];
        const message = `"${host}" has ${load.oneMinute.toFixed(1)} runnable tasks for ${load.cpus} processors`;
        return [{ on, message }];
      });
    },
  },
];
