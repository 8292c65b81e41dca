/** The server's type as routes see it: fastify with our schemas, and what our hooks add to a request. */
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Caller } from "./caller.ts";
import type { Locate } from "./relay.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** The OpenAPI document of the routes. */
    document(): Record<string, unknown>;
  }
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    locate?: Locate;
  }
}

export type ApiServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
