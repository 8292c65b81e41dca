/** Where what is in etcd. Everything of a cluster begins with its prefix; an etcd may hold other things beside it. Pure. */

export interface ClusterKeys {
  readonly prefix: string;
  /** ClusterRecord. */
  readonly cluster: string;
  /** HostRecord, by the host's id. */
  readonly hosts: string;
  readonly host: (id: string) => string;
  /** BeatRecord: what a host writes to hold its lease. */
  readonly beats: string;
  readonly beat: (host: string) => string;
  /** DeadRecord: that a host's incarnation is over. */
  readonly deaths: string;
  readonly death: (host: string) => string;
  /** VmRecord, by the VM's id: the owner record. */
  readonly vms: string;
  readonly vm: (id: string) => string;
  /** Beside the records: the ids of each owner's VMs, with the generation, so that nobody has to read all of them. */
  readonly allOwned: string;
  readonly owned: (host: string | null) => string;
  readonly ownedVm: (host: string | null, vm: string) => string;
  /** What the VM's firmware remembers, deflated, in base64 (firmware-variables.ts). */
  readonly variables: (vm: string) => string;
  /** FenceRecord, by the host's id. */
  readonly fences: string;
  readonly fence: (host: string) => string;
  /** VolumeRecord, by the pool's name. */
  readonly volumes: string;
  readonly volume: (pool: string) => string;
  /** MoveSlotRecord, by number. */
  readonly moves: string;
  readonly move: (number: number) => string;
  /** DiskRecord, by the device's name. */
  readonly disks: string;
  readonly disk: (device: string) => string;
  /** VolumeStates, by the host's id. */
  readonly volumeStates: string;
  readonly volumeState: (host: string) => string;
  /** CoordinatorRecord: who places VMs now. */
  readonly coordinator: string;
}

/** In place of an owner, for VMs that no host could start. */
const nobody = "nobody";

export function clusterKeys(cluster: string): ClusterKeys {
  const prefix = `/ferry/${cluster}/`;
  return {
    prefix,
    cluster: `${prefix}cluster`,
    hosts: `${prefix}hosts/`,
    host: (id) => `${prefix}hosts/${id}`,
    beats: `${prefix}beats/`,
    beat: (host) => `${prefix}beats/${host}`,
    deaths: `${prefix}deaths/`,
    death: (host) => `${prefix}deaths/${host}`,
    vms: `${prefix}vms/`,
    vm: (id) => `${prefix}vms/${id}`,
    allOwned: `${prefix}owned/`,
    owned: (host) => `${prefix}owned/${host ?? nobody}/`,
    variables: (vm) => `${prefix}efi/${vm}`,
    ownedVm: (host, vm) => `${prefix}owned/${host ?? nobody}/${vm}`,
    fences: `${prefix}fences/`,
    fence: (host) => `${prefix}fences/${host}`,
    volumes: `${prefix}volumes/`,
    volume: (pool) => `${prefix}volumes/${pool}`,
    moves: `${prefix}moves/`,
    move: (number) => `${prefix}moves/${number}`,
    disks: `${prefix}disks/`,
    disk: (device) => `${prefix}disks/${encodeURIComponent(device)}`,
    volumeStates: `${prefix}volume-states/`,
    volumeState: (host) => `${prefix}volume-states/${host}`,
    coordinator: `${prefix}coordinator`,
  };
}

/** The id at the end of a key. */
export function idOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
