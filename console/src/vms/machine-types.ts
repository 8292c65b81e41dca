/** Newer machine types that a VM could get, the newest first. Pure. */

export interface NewerType {
  readonly type: string;
  /** Names of hosts whose QEMU lacks it: the VM could not move there any more. */
  readonly missingOn: readonly string[];
}

/**
 * @param present Such as `pc-q35-7.2`; another kind of machine is another machine.
 * @param host The VM's own, whose QEMU has to have the type.
 * @param typesByHost What each host's QEMU has, without hosts that have not answered.
 */
export function newerTypes(
  present: string,
  host: string,
  typesByHost: ReadonlyMap<string, readonly string[]>,
): NewerType[] {
  const [kind, version] = split(present);
  return (typesByHost.get(host) ?? [])
    .filter((type) => split(type)[0] === kind && split(type)[1] > version)
    .toSorted((one, other) => split(other)[1] - split(one)[1])
    .map((type) => ({
      type,
      missingOn: [...typesByHost].flatMap(([name, types]) => (types.includes(type) ? [] : [name])),
    }));
}

/** Aliases such as `q35` are no types. */
function split(type: string): [kind: string, version: number] {
  const [, kind = "", major = "", minor = ""] = /^pc-(\w+)-(\d+)\.(\d+)$/.exec(type) ?? [];
  return [kind, Number(major) * 1000 + Number(minor)];
}
