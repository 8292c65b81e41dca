/** Holds answers against the checked-in openapi.json. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TSchema } from "typebox";
import Value from "typebox/value";

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: TSchema }> }>;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

export const openapi = JSON.parse(
  readFileSync(new URL("../../openapi.json", import.meta.url), "utf8"),
) as Document;

/** `METHOD /path` of every operation that an answer was held against. */
export const answered = new Set<string>();

/** Every operation of the document, as `METHOD /path/{parameter}`. */
export function operations(): string[] {
  return Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

export function requireDocumented(
  route: string,
  { status, body }: { readonly status: number; readonly body: unknown },
): void {
  const name = operationOf(route);
  if (name === undefined) {
    // Not a route: the answer must still be an error as the document has them.
    requireSchema(route, body, openapi.components.schemas["ErrorAnswer"] as TSchema);
    return;
  }
  const [method = "", path = ""] = name.split(" ");
  const responses = openapi.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const response = responses[String(status)] ?? (status >= 400 ? responses["default"] : undefined);
  assert.ok(response, `${name} answered ${status}, which the document does not have`);
  if (status < 400) answered.add(name);
  const schema = response.content?.["application/json"]?.schema;
  if (schema !== undefined) requireSchema(name, body, schema);
}

function requireSchema(what: string, body: unknown, schema: TSchema): void {
  const [error] = Value.Errors(resolve(schema) as TSchema, body);
  const found = `${what} answered ${JSON.stringify(body).slice(0, 500)}`;
  assert.equal(error, undefined, `${found}: ${error?.instancePath} ${error?.message}`);
}

/** The operation whose path fits best: the one with the fewest parameters. */
function operationOf(route: string): string | undefined {
  const [method = "", target = ""] = route.split(" ");
  const path = target.split("?")[0] ?? "";
  return operations()
    .filter((name) => {
      const [itsMethod, template = ""] = name.split(" ");
      return (
        itsMethod === method &&
        new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path)
      );
    })
    .sort((one, other) => one.split("{").length - other.split("{").length)[0];
}

/** Puts the components in the place of their references; none refers to itself. */
function resolve(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolve);
  if (typeof node !== "object" || node === null) return node;
  const { $ref } = node as { $ref?: string };
  if ($ref !== undefined) return resolve(openapi.components.schemas[$ref.split("/").at(-1) ?? ""]);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
}
