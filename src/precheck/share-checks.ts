/** Checks about how pools are mounted and what QEMU may do in them: locks, rights, direct access, mount options. */
import type { Check, CheckInput, Trouble } from "./check.ts";
import type { HostFacts } from "./facts.ts";
import { movingDisks } from "./place-disks.ts";
import { filesOf } from "./storage-checks.ts";

type PoolFacts = NonNullable<HostFacts["pools"][string]>;

export const shareChecks: readonly Check[] = [
  {
    id: "pool-lock",
    title: "A lock of one host is seen by the other",
    compares: "Whether the target can take a file's name that the source holds in a shared pool",
    severity: "blocking",
    remedy:
      "Mount the share so that names are not cached, or use another file system: two hosts could start one VM",
    look(input) {
      return ofSharedPools(input, (name, facts) => {
        const on = "target" as const;
        const { host } = input.target;
        if (facts.lock !== "broken") return [];
        const message = `"${host}" does not see in pool "${name}" that a name is taken: locks on disks do not work there`;
        return [{ on, message }];
      });
    },
  },
  {
    id: "qemu-access",
    title: "QEMU's user may read and write the VM's files on the target",
    compares: "The rights of QEMU's user on the target against the files that stay in place",
    severity: "blocking",
    remedy:
      "Give QEMU's user the same user id on all hosts, or mount the share with its uid and gid",
    look(input) {
      return ofSharedPools(input, (name, { refused = [] }) =>
        refused.map((file) => ({
          on: "target" as const,
          message: `QEMU's user on "${input.target.host}" may not ${writes(input, name, file) ? "write" : "read"} "${file}" in pool "${name}"`,
        })),
      );
    },
  },
  {
    id: "disk-image",
    title: "The source can read the images of disks that move",
    compares:
      "Whether qemu-img, as QEMU's user on the source, can read the image of each disk that would be copied",
    severity: "blocking",
    remedy: "Put the file back, or give QEMU's user the right to read it",
    look(input) {
      const { host, images } = input.source;
      return movingDisks(input)
        .filter(({ disk }) => images[disk.name] === undefined)
        .map(({ disk: { name, pool, file } }) => ({
          on: "source" as const,
          message: `"${host}" cannot read the image of disk "${name}", "${file}" in pool "${pool}"`,
        }));
    },
  },
  {
    id: "direct-access",
    title: "Disks can be opened past the page cache on the target",
    compares: "Whether the target's file system takes O_DIRECT, for disks of cache mode none",
    severity: "blocking",
    remedy:
      "Mount the share with a file system that knows O_DIRECT (the kernel's cifs or nfs), or let the disk be copied into another pool",
    look(input) {
      return ofSharedPools(input, (name, { directError = null, mount }) => {
        if (directError === null) return [];
        const kind = mount?.type ?? "its file system";
        const message = `Pool "${name}" of "${input.target.host}" (${kind}) cannot be used past the page cache: ${directError}`;
        return [{ on: "target", message }];
      });
    },
  },
  {
    id: "mount-options",
    title: "Shares are mounted so that two hosts see the same bytes at once",
    compares: "The mount options of the VM's shared pools on both hosts",
    severity: "blocking",
    remedy: "Change the options in /etc/fstab and mount the share again while no VM uses it",
    look(input) {
      return (["source", "target"] as const).flatMap((on) =>
        sharedPools(input).flatMap((name): Trouble[] => {
          const { host, pools } = input[on];
          const mount = pools[name]?.mount;
          return mount === undefined
            ? []
            : optionTroubles(mount).map(({ says, ...trouble }) => ({
                ...{ on, ...trouble },
                message: `Pool "${name}" of "${host}" is a ${mount.type} mount of ${mount.source} ${says}`,
              }));
        }),
      );
    },
  },
];

interface OptionRule {
  /** Of the mount's file system. */
  readonly types: RegExp;
  readonly isWrong: (options: readonly string[]) => boolean;
  readonly severity: Check["severity"];
  readonly says: string;
  readonly remedy: string;
}

const optionRules: readonly OptionRule[] = [
  {
    types: /^(cifs|smb3)$/,
    isWrong: (options) => options.includes("cache=loose"),
    severity: "blocking",
    says: "with cache=loose: the other host would see old bytes",
    remedy: "Mount it with cache=strict or cache=none",
  },
  {
    types: /^(cifs|smb3)$/,
    isWrong: (options) => !options.includes("nobrl"),
    severity: "warning",
    says: "without nobrl: a lock that any program takes on a disk there (QEMU's own, qemu-img) is mandatory on both hosts and can strand a VM between them",
    remedy: "Mount it with nobrl; Ferry's own QEMUs take no such lock",
  },
  {
    types: /^nfs/,
    isWrong: (options) => options.includes("soft"),
    severity: "warning",
    says: "with soft: a server that is away for a while gives the guest errors instead of waiting",
    remedy: "Mount it with hard",
  },
  {
    types: /^nfs/,
    isWrong: (options) => options.includes("vers=4.2"),
    severity: "warning",
    says: "of version 4.2: with some servers it reads zeroes where something was just written",
    remedy: "Mount it with vers=4.1, as Ferry does",
  },
];

/** What is wrong with a mount, and how wrong. */
export function optionTroubles({
  type,
  options,
}: NonNullable<PoolFacts["mount"]>): Pick<OptionRule, "severity" | "says" | "remedy">[] {
  return optionRules
    .filter(({ types, isWrong }) => types.test(type) && isWrong(options))
    .map(({ severity, says, remedy }) => ({ severity, says, remedy }));
}

/** Pools that both hosts have and in which files of the VM stay. */
function sharedPools(input: CheckInput): string[] {
  const moving = movingDisks(input).map(({ disk }) => disk.pool);
  const pools = new Set(filesOf(input.definition).map(({ pool }) => pool));
  return [...pools].filter(
    (pool) => !moving.includes(pool) && (input.target.pools[pool] ?? null) !== null,
  );
}

function ofSharedPools(
  input: CheckInput,
  look: (name: string, facts: PoolFacts) => Trouble[],
): Trouble[] {
  return sharedPools(input).flatMap((name) => {
    const facts = input.target.pools[name];
    return facts === undefined || facts === null ? [] : look(name, facts);
  });
}

function writes({ definition }: CheckInput, pool: string, file: string): boolean {
  return filesOf(definition).some((one) => one.pool === pool && one.file === file && one.writes);
}
