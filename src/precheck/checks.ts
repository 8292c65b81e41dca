/**
 * THE list of checks. A newcomer adds a check by adding a record here and its function in the family's file; what it needs
 * to know about a host goes into facts.ts.
 */
import type { Check } from "./check.ts";
import { diskChecks } from "./disk-checks.ts";
import { hostChecks } from "./host-checks.ts";
import { networkChecks } from "./network-checks.ts";
import { performanceChecks } from "./performance-checks.ts";
import { storageChecks } from "./storage-checks.ts";
import { vmChecks } from "./vm-checks.ts";

export const checks: readonly Check[] = [
  ...vmChecks,
  ...hostChecks,
  ...networkChecks,
  ...performanceChecks,
  ...storageChecks,
  ...diskChecks,
];
