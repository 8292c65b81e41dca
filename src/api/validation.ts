/** Holds requests against their schemas: TypeBox checks, and the error says what is wrong in the user's terms. */
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";

const partNames: Record<string, string> = {
  body: "request's body",
  querystring: "request's query",
  params: "request's path",
  headers: "request's headers",
};

/** Queries and paths arrive as text and are converted; bodies are taken as they are, or not at all. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({
  schema,
  httpPart = "body",
}) => {
  const check = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === "body" ? given : Value.Convert(schema, Value.Default(schema, given));
    if (check.Check(value)) return { value };
    const [first] = check.Errors(value);
    const where = first?.instancePath ? ` at ${first.instancePath}` : "";
    const error = new FerryError(
      "bad-input",
      `Cannot use the ${partNames[httpPart] ?? "request"}${where}: ${first?.message ?? "it has another form"}${named(first?.params)}`,
      { remedy: "GET /v1/openapi.json says what each request takes" },
    );
    return { error };
  };
};

/** Which properties were too many; the other messages say it all. */
function named(params: object | undefined): string {
  const names = (params as { additionalProperties?: unknown } | undefined)?.additionalProperties;
  return Array.isArray(names) ? `: ${names.join(", ")}` : "";
}
