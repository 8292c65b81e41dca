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

/** Queries and paths arrive as text and are converted; bodies are taken as they are, none as an empty one. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({
  schema,
  httpPart = "body",
}) => {
  const check = Compile(schema);
  return (given: unknown) => {
    const value =
      httpPart === "body" ? (given ?? {}) : Value.Convert(schema, Value.Default(schema, given));
    if (check.Check(value)) return { value };
    const [first] = check.Errors(value);
    const where = first?.instancePath ? ` at ${first.instancePath}` : "";
    const error = new FerryError(
      "bad-input",
      `Cannot use the ${partNames[httpPart] ?? "request"}${where}: ${describe(first)}`,
      { remedy: "GET /v1/openapi.json says what each request takes" },
    );
    return { error };
  };
};

function describe(error: { keyword: string; message: string } | undefined): string {
  // How a schema without further properties refuses one.
  if (error?.keyword === "boolean") return "there is no such property";
  return error?.message ?? "it has another form";
}
