/** All scenes, in the order in which they are played; each leaves the site as it found it, but for the last ones. */
import { attachedScenes } from "./attached.ts";
import { domainAndClusterScenes } from "./domains-and-clusters.ts";
import { movingDiskScenes } from "./moving-disks.ts";
import { networkAndCapacityScenes } from "./networks-and-capacity.ts";
import type { Scene } from "./scene.ts";
import { storageScenes } from "./storage.ts";
import { versionAndProcessorScenes } from "./versions-and-processors.ts";
import { vmAndHostScenes } from "./vms-and-hosts.ts";

export const scenes: readonly Scene[] = [
  ...vmAndHostScenes,
  ...networkAndCapacityScenes,
  ...storageScenes,
  ...movingDiskScenes,
  ...attachedScenes,
  ...versionAndProcessorScenes,
  ...domainAndClusterScenes,
];
