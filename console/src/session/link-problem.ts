/** Why the one-time link in the address did not log in: shown at the door, if it comes to that. */
import type { FerryError } from "../../../src/base/errors.ts";

let problem: FerryError | undefined;

export function setLinkProblem(error: FerryError): void {
  problem = error;
}

export function linkProblem(): FerryError | undefined {
  return problem;
}
