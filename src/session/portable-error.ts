/** Errors on their way from the worker to the main thread: structured clone keeps neither class nor code. */
import { errorChain, FerryError } from "../base/errors.ts";
import type { PortableError } from "./worker-messages.ts";

export function errorToPortable(error: unknown): PortableError {
  const ferry = FerryError.from(error);
  return {
    body: ferry.toBody(),
    ...(ferry.cause === undefined ? {} : { cause: errorChain(ferry.cause) }),
  };
}

export function errorFromPortable({ body, cause }: PortableError): FerryError {
  return new FerryError(body.code, body.message, {
    ...(body.remedy === undefined ? {} : { remedy: body.remedy }),
    ...(body.details === undefined ? {} : { details: body.details }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}
