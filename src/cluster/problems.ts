/** What is wrong with a cluster, each in a sentence with what to do about it. Pure. */
import type { ClusterStatus } from "./cluster-status.ts";

type Known = Omit<ClusterStatus, "problems">;
type Problem = ClusterStatus["problems"][number];

export function findProblems(status: Known): Problem[] {
  return [...ofEtcd(status), ...ofLease(status), ...ofHosts(status), ...ofVms(status)];
}

function ofEtcd({ etcd, hosts, managed }: Known): Problem[] {
  const { hasQuorum, working, voters, needed, members } = etcd;
  const problems: Problem[] = [];
  if (!hasQuorum) {
    problems.push({
      problem: `etcd has no quorum: ${working} of ${voters} members work, it takes ${needed}. VMs run on; no move, change or failover is possible`,
      remedy: "Bring members back; if they are lost for good: ferry cluster restore",
    });
  } else if (working < voters) {
    const silent = members.filter(({ hasLeader, isLearner }) => !hasLeader && !isLearner);
    const names = silent.map(({ name, endpoint }) => name || endpoint).join(", ");
    const spare = working - needed;
    problems.push({
      problem: `etcd's member ${names} does not work; ${spare === 0 ? "the loss of one more stops the cluster" : `${spare} more may fail`}`,
      remedy:
        "Bring its host back; if its data are lost, or it is away for long: ferry cluster replace-member HOST; if the host is gone for good: ferry cluster forget HOST",
    });
  }
  if (managed && voters === 1 && hosts.length > 1) {
    problems.push({
      problem: "etcd has one member: when its host fails, the others stop their VMs as well",
      remedy: "Join a third host: then three of them have a member each",
    });
  }
  return problems;
}

function ofLease({ lease }: Known): Problem[] {
  if (lease.standing === "held" && lease.trouble === null) return [];
  const why = lease.trouble === null ? "" : `: ${lease.trouble}`;
  const present =
    lease.standing === "held"
      ? "This host's lease was not renewed the last time"
      : `This host does not hold its lease (${lease.standing}); VMs of the cluster can't run here`;
  return [{ problem: `${present}${why}`, remedy: "See that this host reaches etcd's members" }];
}

function ofHosts({ hosts }: Known): Problem[] {
  return hosts.flatMap(({ name, state, vms, fence }): Problem[] => {
    if (state !== "dead" && fence !== null && fence.trouble !== null) {
      return [
        {
          problem: `Host "${name}" could not be switched off when it was silent: ${fence.trouble}`,
          remedy: `If it is still silent, see yourself that it is off, then: ferry cluster confirm-dead ${name}`,
        },
      ];
    }
    if (state === "dead") {
      const still = vms === 0 ? "" : `, and ${vms} of its VMs found no other host`;
      return [
        {
          problem: `Host "${name}" is dead${still}`,
          remedy: `It comes back by itself; if it is gone for good: ferry cluster forget ${name}`,
        },
      ];
    }
    if (state === "silent") {
      return [
        {
          problem: `Host "${name}" is silent`,
          remedy:
            fence === null
              ? "It is declared dead when its lease is over"
              : "It is declared dead when its power is off",
        },
      ];
    }
    return [];
  });
}

function ofVms({ vms }: Known): Problem[] {
  return vms.flatMap(({ name, trouble }): Problem[] =>
    trouble === null
      ? []
      : [
          {
            problem: `VM "${name}" does not run: ${trouble}`,
            remedy: "It is tried again every minute",
          },
        ],
  );
}
