/**
 * The OpenAPI document, made of the very schemas that requests are held against. A schema with an `$id` becomes a
 * component, once, and a reference wherever it is used. Pure.
 */
import type { FastifySchema, RouteOptions } from "fastify";
import { accessOf, routeKey } from "./auth.ts";

declare module "fastify" {
  interface FastifySchema {
    operationId?: string;
    summary?: string;
    /** An answer that is no JSON: its media type, and the schema of what it consists of. */
    produces?: Readonly<Record<string, object>>;
  }
}

type Json = Record<string, unknown>;

export function buildDocument(routes: readonly RouteOptions[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const { method, url, schema = {} } of routes) {
    const path = url.replaceAll(/:(\w+)/g, "{$1}");
    const security = securityOf(routeKey(String(method), url));
    paths[path] = { ...paths[path], [String(method).toLowerCase()]: operation(schema, security) };
  }
  const named = nameComponents(paths, schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Ferry",
      description: "Moves running virtual machines between Linux hosts",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: named,
    components: {
      schemas: sorted(schemas),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        hostCertificate: { type: "mutualTLS" },
      },
    },
  };
}

function operation(schema: FastifySchema, security: Json[]): Json {
  const { operationId, summary, body, response, produces } = schema;
  return {
    operationId,
    summary,
    parameters: [
      ...parameters("path", schema.params),
      ...parameters("query", schema.querystring),
      ...parameters("header", schema.headers),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: responses(response as Json | undefined, produces),
    security,
  };
}

function parameters(place: "path" | "query" | "header", schema: unknown): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

function responses(schemas: Json | undefined, produces: FastifySchema["produces"]): Json {
  const described: Json = {};
  for (const [status, schema] of Object.entries(schemas ?? {})) {
    const description = status === "default" ? "What stands in the way" : "The answer";
    const content = { "application/json": { schema } };
    described[status] = status === "204" ? { description: "Done" } : { description, content };
  }
  if (produces !== undefined) {
    const content: Json = {};
    for (const [type, schema] of Object.entries(produces)) content[type] = { schema };
    described["200"] = { description: "The answer", content };
  }
  return described;
}

function securityOf(key: string): Json[] {
  const access = accessOf(key);
  if (access === "anyone") return [];
  return [{ [access === "host" || access === "member" ? "hostCertificate" : "token"]: [] }];
}

/** A copy in which named schemas are references; what they stand for is put into `schemas`. */
function nameComponents(node: unknown, schemas: Json): unknown {
  if (Array.isArray(node)) return node.map((item) => nameComponents(item, schemas));
  if (typeof node !== "object" || node === null) return node;
  const { $id, ...rest } = node as Json;
  const copy = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, nameComponents(value, schemas)]),
  );
  if (typeof $id !== "string") return copy;
  schemas[$id] = copy;
  return { $ref: `#/components/schemas/${$id}` };
}

function sorted(schemas: Json): Json {
  return Object.fromEntries(
    Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
