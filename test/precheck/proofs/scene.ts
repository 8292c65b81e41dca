/**
 * A scene makes something wrong on real parts, asks for the checks, and mends it as the remedy says: what fails first passes
 * then. Where a machine is not at hand, `standsIn` says what takes its place.
 */
import type { Question, Site } from "./site.ts";

export interface Scene {
  /** What is wrong in it. */
  readonly title: string;
  readonly spoil: (site: Site) => Promise<Question>;
  /** By check: what a person reads about it, host and severity in front. */
  readonly reads: Readonly<Record<string, RegExp>>;
  /** By check that answers in a report's place: the error, with its remedy. */
  readonly refused?: Readonly<Record<string, RegExp>>;
  /** Resolves to another question where the remedy is to ask for another move. */
  readonly mend: (site: Site) => Promise<Question | void>;
  /** Leaves the site as the next scene wants it. */
  readonly after?: (site: Site) => Promise<void>;
  readonly standsIn?: string;
}
