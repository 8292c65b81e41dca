/**
 * The one error class and the one table of codes.
 *
 * Every operating error Ferry reports carries a code of this table; the table decides the HTTP status and the
 * command line's exit code, and `docs/errors.md` and the OpenAPI document are derived from it. Messages name what
 * failed, on what, what is there against what is wanted; the remedy says what to do about it. A wrapped error goes
 * into `cause` and is never pasted into the message.
 */
export const errorCodes = {
  "bad-input": { http: 400, exit: 2, title: "The request is not understood" },
  unauthenticated: { http: 401, exit: 3, title: "The caller proved no identity" },
  forbidden: { http: 403, exit: 3, title: "The caller's role does not allow this" },
  "peer-refused": { http: 403, exit: 3, title: "A host's certificate is not trusted" },
  "not-found": { http: 404, exit: 4, title: "The named thing does not exist" },
  conflict: { http: 409, exit: 5, title: "The thing is in a state that does not allow this" },
  "already-exists": { http: 409, exit: 5, title: "A thing of that name exists" },
  "in-use": { http: 409, exit: 5, title: "The thing is in use" },
  busy: { http: 409, exit: 5, title: "Another operation on the thing is under way" },
  stale: { http: 412, exit: 5, title: "The thing changed since it was read" },
  "precheck-failed": {
    http: 422,
    exit: 6,
    title: "The checks found something that stops the move",
  },
  "consent-needed": {
    http: 409,
    exit: 6,
    title: "The request implies more than it says; consent is wanted",
  },
  unsupported: { http: 422, exit: 6, title: "This host or version cannot do this" },
  "not-cancellable": { http: 409, exit: 7, title: "The migration can no longer be cancelled" },
  cancelled: { http: 409, exit: 7, title: "The migration was cancelled" },
  "migration-failed": { http: 500, exit: 8, title: "The move failed; the VM runs on the source" },
  "migration-unresolved": {
    http: 500,
    exit: 9,
    title: "The move's outcome needs a person's decision",
  },
  "no-space": { http: 507, exit: 10, title: "There is not enough room" },
  "missing-program": { http: 500, exit: 11, title: "A program that Ferry needs is not installed" },
  "system-refused": { http: 500, exit: 11, title: "The operating system refused an operation" },
  "qemu-failed": { http: 500, exit: 12, title: "QEMU failed or refused a command" },
  unreachable: { http: 502, exit: 13, title: "Another host or the agent does not answer" },
  "peer-protocol": { http: 502, exit: 13, title: "Another host broke the protocol" },
  timeout: { http: 504, exit: 13, title: "Something took longer than allowed" },
  "domain-missing": { http: 409, exit: 5, title: "This host belongs to no domain" },
  internal: { http: 500, exit: 70, title: "Ferry has a fault" },
} as const satisfies Record<string, { http: number; exit: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface FerryErrorOptions {
  /** What the reader can do about it; a sentence. */
  remedy?: string;
  cause?: unknown;
  /** Machine-readable facts for API clients, for instance the findings of a check. */
  details?: unknown;
}

/** What travels to API clients and to peers: never a stack, never a cause. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  remedy?: string;
  details?: unknown;
}

export class FerryError extends Error {
  override readonly name = "FerryError";
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: FerryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details;
  }

  /** Anything caught, as a FerryError; what is not one already becomes `internal`. */
  static from(error: unknown): FerryError {
    if (error instanceof FerryError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new FerryError("internal", message, { cause: error });
  }

  toBody(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.remedy === undefined ? {} : { remedy: this.remedy }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** The chain of causes as one line, for logs: outermost first. */
export function errorChain(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e !== undefined && parts.length < 8; ) {
    parts.push(e instanceof Error ? e.message : String(e));
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ");
}
