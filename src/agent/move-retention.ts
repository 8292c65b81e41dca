/** Forgets, once a day, moves that are long over (src/migration/retention.ts): the database of a busy host stays small. */
import type { DatabaseSync } from "node:sqlite";
import { errorChain } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { forgetOldMoves } from "../migration/retention.ts";

const everyMs = 86_400_000;

export interface MoveRetentionParts {
  readonly log: Log;
  readonly now: () => number;
  readonly database: DatabaseSync;
}

/** Begins at once; ends when it is disposed of. */
export function retainMoves({ log, now, database }: MoveRetentionParts): Disposable {
  const forget = (): void => {
    try {
      const moves = forgetOldMoves(database, now());
      if (moves > 0) log.info({ moves }, "moves that were over long ago are forgotten");
    } catch (error) {
      log.warn({ reason: errorChain(error) }, "cannot forget moves that were over long ago");
    }
  };
  forget();
  const timer = setInterval(forget, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
