/** The stages with their halves, in the plan's order. */
import type { Stage } from "../stage.ts";
import { memoryPostcopy } from "./memory-postcopy.ts";
import { memoryPrecopy } from "./memory-precopy.ts";
import { modifiedPages } from "./modified-pages.ts";
import { networkCleanup } from "./network-cleanup.ts";
import { resume } from "./resume.ts";
import { setup } from "./setup.ts";
import { storageHandover } from "./storage-handover.ts";
import { storageMirror } from "./storage-mirror.ts";

export const stages: readonly Stage[] = [
  setup,
  storageMirror,
  memoryPrecopy,
  modifiedPages,
  storageHandover,
  resume,
  memoryPostcopy,
  networkCleanup,
];
