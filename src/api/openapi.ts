/** The OpenAPI document: the very schemas that requests are held against, those with an `$id` as components. */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { accessOf, routeKey } from "./auth.ts";

export function documentOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Ferry",
        description: "Moves running virtual machines between Linux hosts",
        version,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer" },
          // OpenAPI 3.1 knows it; the library's types stop at 3.0.
          hostCertificate: { type: "mutualTLS" } as never,
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      schema: { ...schema, ...security(String(route.method), url) } as never,
      url,
    }),
    transformObject: (document) => {
      if (!("openapiObject" in document)) return document.swaggerObject;
      return nameComponents(document.openapiObject) as never;
    },
  };
}

function security(method: string, url: string): { security: Record<string, string[]>[] } {
  const access = accessOf(routeKey(method, url));
  if (access === "anyone") return { security: [] };
  const scheme = access === "host" || access === "member" ? "hostCertificate" : "token";
  return { security: [{ [scheme]: [] }] };
}

interface Document {
  components?: { schemas?: Record<string, unknown> };
}

/** Puts every schema with an `$id` into the components, once, and a reference wherever it is used. */
function nameComponents(document: Document): Document {
  const schemas: Record<string, unknown> = {};
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node !== "object" || node === null) return node;
    const { $id, ...rest } = node as { $id?: string } & Record<string, unknown>;
    const copy = Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, visit(value)]),
    );
    if (typeof $id !== "string") return copy;
    schemas[$id] = copy;
    return { $ref: `#/components/schemas/${$id}` };
  };
  const copy = visit(document) as Document;
  const sorted = Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1));
  return { ...copy, components: { ...copy.components, schemas: Object.fromEntries(sorted) } };
}
