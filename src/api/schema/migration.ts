/** Migrations: asking for one, and the records of those under way and past. */
import Type from "typebox";
import {
  MigrationOptions,
  MigrationRecord,
  migrationStates,
  Priority,
  stepInActions,
} from "../../migration/record.ts";
import { type PersonsWord, personsWords } from "../../migration/persons-words.ts";
import { Name, Uuid } from "../../vm/definition.ts";
import { SavedReport } from "./check.ts";
import { Scope, Unreachable } from "./scope.ts";

export { MigrationOptions, MigrationRecord };

export const MigrationCreate = Type.Object(
  {
    /** Name or id. */
    vm: Name,
    /** Name of the target host: Ferry never picks one silently. */
    target: Name,
    options: Type.Optional(MigrationOptions),
    /** A check's report: the move is refused where it no longer holds. */
    report: Type.Optional(SavedReport),
  },
  { additionalProperties: false, $id: "MigrationCreate" },
);
export type MigrationCreate = Type.Static<typeof MigrationCreate>;

/** Newest first. */
export const MigrationList = Type.Object(
  { migrations: Type.Array(MigrationRecord), unreachable: Unreachable },
  { $id: "MigrationList" },
);
export type MigrationList = Type.Static<typeof MigrationList>;

export const MigrationListQuery = Type.Object(
  {
    host: Type.Optional(Name),
    scope: Type.Optional(Scope),
    vm: Type.Optional(Name),
    state: Type.Optional(
      Type.Unsafe<(typeof migrationStates)[number]>(Type.String({ enum: [...migrationStates] })),
    ),
    /** Asked for at or after it, milliseconds since the epoch. */
    since: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  },
  { additionalProperties: false },
);
export type MigrationListQuery = Type.Static<typeof MigrationListQuery>;

/** A person's word on a move in doubt (src/migration/person-word.ts). */
export const MigrationResolve = Type.Object(
  { word: Type.Unsafe<PersonsWord>(Type.String({ enum: [...personsWords] })) },
  { additionalProperties: false, $id: "MigrationResolve" },
);
export type MigrationResolve = Type.Static<typeof MigrationResolve>;

/** What an administrator wants of a move whose memory is being copied. */
export const MigrationStepIn = Type.Object(
  {
    /**
     * `hurry`: the most blackout allowed at once; `throttle`: slow the guest down; `switch-now`: stop it for as long as the
     * rest takes, or with policy `post-copy` let it go on at the target.
     */
    action: Type.Unsafe<(typeof stepInActions)[number]>(Type.String({ enum: [...stepInActions] })),
    /** Of `throttle`; absent: the policy's next step. */
    throttlePercent: Type.Optional(Type.Integer({ minimum: 1, maximum: 99 })),
  },
  { additionalProperties: false, $id: "MigrationStepIn" },
);
export type MigrationStepIn = Type.Static<typeof MigrationStepIn>;

/** Where in the queue a move that waits shall go. */
export const MigrationPlace = Type.Object(
  {
    priority: Type.Optional(Priority),
    to: Type.Optional(
      Type.Unsafe<"first" | "last">(Type.String({ enum: ["first", "last"], default: "last" })),
    ),
    /** Just before this migration; goes before `to`. */
    before: Type.Optional(Uuid),
  },
  { additionalProperties: false, $id: "MigrationPlace" },
);
export type MigrationPlace = Type.Static<typeof MigrationPlace>;
