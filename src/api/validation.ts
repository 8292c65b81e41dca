/** Holds requests against their schemas: TypeBox checks, and the error says what is wrong in the user's terms. */
import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import Value from "typebox/value";
import { compiled } from "../base/compiled.ts";
import { FerryError } from "../base/errors.ts";
import { schemaProblem } from "../base/schema-problem.ts";

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
  const check = compiled(schema);
  return (given: unknown) => {
    const value =
      httpPart === "body" ? (given ?? {}) : Value.Convert(schema, Value.Default(schema, given));
    if (check.Check(value)) return { value };
    const found = schemaProblem(schema, value);
    const where = found === undefined || found.path === "/" ? "" : ` at ${found.path}`;
    const error = new FerryError(
      "bad-input",
      `Cannot use the ${partNames[httpPart] ?? "request"}${where}: ${found?.problem ?? "it has another form"}`,
      { remedy: "GET /v1/openapi.json says what each request takes" },
    );
    return { error };
  };
};
