/** Every error as the one shape that clients know, with the status that the table of codes gives it. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { errorChain, errorCodes, FerryError } from "../base/errors.ts";

export async function answerError(
  error: FastifyError | FerryError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const known = asKnown(error, request);
  const { http } = errorCodes[known.code];
  const facts = { request: request.id, code: known.code, reason: errorChain(error) };
  const line = `refused ${request.method} ${request.routeOptions.url ?? "an unknown path"}`;
  if (http >= 500) request.log.error(facts, line);
  else request.log.info(facts, line);
  await reply.code(http).type("application/json; charset=utf-8").send({ error: known.toBody() });
}

export async function unknownRoute(request: FastifyRequest): Promise<never> {
  throw new FerryError(
    "not-found",
    `Cannot ${request.method} "${path(request)}": there is no such route`,
    {
      remedy: "GET /v1/openapi.json lists them",
    },
  );
}

function asKnown(error: FastifyError | FerryError, request: FastifyRequest): FerryError {
  if (error instanceof FerryError) return error;
  const status = error.statusCode ?? 500;
  if (status === 413) {
    return new FerryError("bad-input", "Cannot read the request: its body is larger than allowed", {
      remedy: "Send less",
    });
  }
  if (status >= 400 && status < 500) {
    return new FerryError("bad-input", `Cannot read the request: ${error.message}`, {
      remedy:
        error.code.startsWith("FST_ERR_BAD_URL") || error.code === "FST_ERR_MAX_PARAM_LENGTH"
          ? "Correct the path; GET /v1/openapi.json lists what there is"
          : "Send JSON with the content type application/json",
    });
  }
  // What went wrong inside is for the log, not for the caller.
  return new FerryError(
    "internal",
    `Cannot ${request.method} "${path(request)}": Ferry has a fault`,
    {
      remedy: `Look for request ${request.id} in the agent's log: journalctl -u ferryd`,
    },
  );
}

/** Without the query, and short enough to be repeated. */
function path(request: FastifyRequest): string {
  return (request.url.split("?")[0] ?? "").slice(0, 200);
}
