/**
 * A host of the domain that has an answer already may ask to be told when it is another one (`Prefer: wait=SECONDS`, RFC 7240): its question stays open until
 * then, or until the time is over. Hosts of before answer at once, and say nothing of a preference.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { tagOf } from "./answer-anew.ts";

const secondsMax = 30;
/** Of a wait's time, the part that chance may take off: two hundred hosts that were asked together shall not answer together for ever. */
const chance = 0.5;
/** Changes come together, and the guest of a VM that just changed hands may stand still meanwhile: nothing is written out at that moment. */
const togetherMs = 25;

export interface Watched {
  /** What would be answered now. */
  readonly answer: () => unknown;
  readonly onChange: (listener: () => void) => () => void;
}

/** The questions that wait at this host. */
export class WaitingQuestions {
  readonly #ends = new Set<() => void>();
  #isClosed = false;

  /** Resolves when something changed since the asking host had its answer, or may have; at once for everybody else. */
  async whileUnchanged(
    request: FastifyRequest,
    reply: FastifyReply,
    { answer, onChange }: Watched,
  ): Promise<void> {
    const seconds = secondsToWait(request);
    if (seconds === undefined || this.#isClosed) return;
    reply.header("preference-applied", `wait=${seconds}`);
    const known = request.headers["if-none-match"];
    if (tagOf(JSON.stringify(answer())) !== known) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    let together: NodeJS.Timeout | undefined;
    // N.B. also when it is as before again: the asking host may have heard in between, by another question, that it was not.
    const stopListening = onChange(() => {
      together ??= setTimeout(resolve, togetherMs);
    });
    const timer = setTimeout(resolve, seconds * 1000 * (1 - chance * Math.random()));
    reply.raw.once("close", resolve);
    this.#ends.add(resolve);
    await promise;
    this.#ends.delete(resolve);
    clearTimeout(timer);
    clearTimeout(together);
    stopListening();
  }

  /** Answers all: the agent stops. */
  end(): void {
    this.#isClosed = true;
    for (const end of this.#ends) end();
  }
}

function secondsToWait({ headers, caller }: FastifyRequest): number | undefined {
  const { prefer } = headers;
  if (caller.kind !== "host" || typeof prefer !== "string") return undefined;
  const wanted = /(?:^|[,; ])wait=(\d{1,4})(?:$|[,; ])/.exec(prefer)?.[1];
  return wanted === undefined ? undefined : Math.min(Number(wanted), secondsMax);
}
