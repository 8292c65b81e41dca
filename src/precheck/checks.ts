/**
 * THE list of checks. A newcomer adds a check by adding a record, with its function, to its family's file; what it needs to
 * know about a host goes into facts.ts and is gathered on both hosts by gather.ts. Report, API, console and docs/checks.md
 * follow from the record.
 */
import { capacityChecks } from "./capacity-checks.ts";
import { shareChecks } from "./share-checks.ts";
import { switchChecks } from "./switch-checks.ts";
import { attachedChecks } from "./attached-checks.ts";
import type { Check } from "./check.ts";
import { convergenceChecks } from "./convergence-checks.ts";
import { diskChecks } from "./disk-checks.ts";
import { hostChecks } from "./host-checks.ts";
import { memoryChecks } from "./memory-checks.ts";
import { networkChecks } from "./network-checks.ts";
import { partialChecks } from "./partial-checks.ts";
import { performanceChecks } from "./performance-checks.ts";
import { processorChecks } from "./processor-checks.ts";
import { storageChecks } from "./storage-checks.ts";
import { versionChecks } from "./version-checks.ts";
import { vmChecks } from "./vm-checks.ts";

export interface CheckFamily {
  readonly family: string;
  readonly checks: readonly Check[];
}

export const checkFamilies: readonly CheckFamily[] = [
  { family: "VM", checks: vmChecks },
  { family: "versions", checks: versionChecks },
  { family: "hosts", checks: hostChecks },
  { family: "processor", checks: processorChecks },
  { family: "memory and processors", checks: [...memoryChecks, ...capacityChecks] },
  { family: "network", checks: networkChecks },
  { family: "guest's network", checks: switchChecks },
  { family: "performance", checks: performanceChecks },
  { family: "storage", checks: [...storageChecks, ...shareChecks] },
  { family: "convergence", checks: convergenceChecks },
  { family: "LUNs and devices", checks: attachedChecks },
  { family: "disks that move", checks: [...diskChecks, ...partialChecks] },
];

export const checks: readonly Check[] = checkFamilies.flatMap((family) => family.checks);
