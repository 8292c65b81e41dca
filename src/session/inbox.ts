/**
 * Control messages between their arrival and the engine's asking for them.
 *
 * A message goes to whoever waits for its kind. One that says the conversation is over (`failed`, `abandon`) rejects
 * everyone who waits; one that nobody waits for, while somebody waits for another, means that the two engines
 * disagree where they are, and rejects them too. With nobody waiting, messages are kept in order.
 */
import { type ErrorCode, errorCodes, FerryError } from "../base/errors.ts";
import type { ControlMessage, ControlMessageOf } from "../protocol/messages.ts";
import { unreadMessagesMax } from "./limits.ts";

type Kind = ControlMessage["type"];

/** Questions that may come while this side waits for something else: whoever can answer listens for them. */
const answeredByListeners: ReadonlySet<Kind> = new Set(["digest-request"]);

interface Waiter {
  readonly kind: Kind;
  readonly resolve: (message: ControlMessage) => void;
  readonly reject: (error: unknown) => void;
}

export class Inbox {
  #unread: ControlMessage[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended: FerryError | undefined;

  /** @throws FerryError `peer-protocol` when too many messages wait to be read. */
  arrived(message: ControlMessage): void {
    if (answeredByListeners.has(message.type)) return;
    const waiters = [...this.#waiters];
    const waiter = waiters.find((candidate) => candidate.kind === message.type);
    if (waiter !== undefined) return waiter.resolve(message);
    if (waiters.length > 0) {
      const error = refusalFor(message, waiters);
      for (const each of waiters) each.reject(error);
      return;
    }
    if (this.#unread.length >= unreadMessagesMax) {
      throw new FerryError(
        "peer-protocol",
        `Cannot keep another message "${message.type}": ${unreadMessagesMax} wait unread`,
      );
    }
    this.#unread.push(message);
  }

  async receive<Wanted extends Kind>(
    kind: Wanted,
    options: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<ControlMessageOf<Wanted>> {
    options.signal?.throwIfAborted();
    const message = this.#takeUnread(kind) ?? (await this.#wait(kind, options));
    return message as ControlMessageOf<Wanted>;
  }

  /** Rejects everyone who waits, now and later. What arrived before can still be read. */
  end(error: FerryError): void {
    this.#ended ??= error;
    for (const waiter of this.#waiters) waiter.reject(error);
  }

  #takeUnread(kind: Kind): ControlMessage | undefined {
    const first = this.#unread[0];
    if (first === undefined) return undefined;
    const index = this.#unread.findIndex((message) => message.type === kind);
    if (index >= 0) return this.#unread.splice(index, 1)[0];
    this.#unread.shift();
    throw refusalFor(first, [{ kind }]);
  }

  #wait(
    kind: Kind,
    options: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<ControlMessage> {
    if (this.#ended !== undefined) throw this.#ended;
    const { promise, resolve, reject } = Promise.withResolvers<ControlMessage>();
    const waiter: Waiter = { kind, resolve, reject };
    this.#waiters.add(waiter);
    const aborted = () => reject(options.signal?.reason);
    options.signal?.addEventListener("abort", aborted, { once: true });
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => reject(tooLate(kind, options.timeoutMs ?? 0)), options.timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", aborted);
      this.#waiters.delete(waiter);
    });
  }
}

/** What a peer that said `failed` told, as an error of this side. */
export function peerError(message: ControlMessageOf<"failed">): FerryError {
  const { code, remedy } = message;
  return new FerryError(knownCode(code), message.message, remedy === undefined ? {} : { remedy });
}

function refusalFor(message: ControlMessage, waiters: readonly { kind: Kind }[]): FerryError {
  if (message.type === "failed") {
    return peerError(message);
  }
  if (message.type === "abandon") {
    return new FerryError("cancelled", `The source called the move off: ${message.reason}`);
  }
  const wanted = waiters.map(({ kind }) => `"${kind}"`).join(" or ");
  return new FerryError(
    "peer-protocol",
    `Cannot go on with the peer: message "${message.type}" arrived, ${wanted} wanted`,
  );
}

/** A newer peer may know codes that we do not. */
function knownCode(code: string): ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "migration-failed";
}

function tooLate(kind: Kind, timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot wait longer for message "${kind}" of the peer: none after ${timeoutMs} ms`,
  );
}
