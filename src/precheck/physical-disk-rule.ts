/**
 * Whether a VM with a physical disk may move: Hyper-V's rule for pass-through disks. The disk must be one that the cluster
 * gives to one host at a time, and the definition must lie where the next host finds it. Pure.
 */

export interface PhysicalDiskCase {
  /** Whether source and target are hosts of one cluster. */
  readonly inCluster: boolean;
  /** Whether the VM's definition is on storage that both hosts share. */
  readonly definitionShared: boolean;
  /** Whether the cluster has the disk as a resource. */
  readonly clusterResource: boolean;
  /** Whether files of the VM would be copied. */
  readonly copiesStorage: boolean;
}

/** Why it may not, as the end of a sentence; null when it may. */
export function physicalDiskRefusal(present: PhysicalDiskCase): string | null {
  if (present.copiesStorage) return "it cannot move while other disks of the VM are copied";
  if (!present.inCluster) return "it can move only inside a cluster";
  if (!present.definitionShared) {
    return "it can move only when the VM's definition is on storage that both hosts share";
  }
  if (!present.clusterResource) return "it can move only as a resource of the cluster";
  return null;
}
