/** Says in words what a document has against its schema. Pure. */
import type { TSchema } from "typebox";
import Value from "typebox/value";

export interface SchemaProblem {
  /** Where, such as `/disks/0/bus`; `/` for the whole document. */
  readonly path: string;
  /** What is there against what is wanted, such as `"usb" is none of virtio, scsi, sata`. */
  readonly problem: string;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly message: string;
  readonly params: object;
}

/** The first problem, or undefined when the document fits. */
export function schemaProblem(schema: TSchema, document: unknown): SchemaProblem | undefined {
  const errors = Value.Errors(schema, document) as readonly SchemaError[];
  const [error] = errors;
  if (error === undefined) return undefined;
  const path = error.instancePath === "" ? "/" : error.instancePath;
  return { path, problem: describe(error, errors, document, schema) };
}

function describe(
  error: SchemaError,
  errors: readonly SchemaError[],
  document: unknown,
  schema: TSchema,
): string {
  if (error.keyword === "boolean") return "there is no such property";
  const present = shorten(Value.Pointer.Get(document, error.instancePath));
  if (error.keyword === "const") {
    const wanted = errors
      .filter(
        ({ keyword, instancePath }) => keyword === "const" && instancePath === error.instancePath,
      )
      .map(({ params }) => ("allowedValue" in params ? String(params.allowedValue) : ""));
    return `${present} is not ${wanted.length === 1 ? wanted[0] : `one of ${wanted.join(", ")}`}`;
  }
  if (error.keyword === "required") return error.message;
  if (error.keyword === "pattern") {
    const words = descriptionAt(schema, error.schemaPath);
    if (words !== undefined) return `${present} is not ${words}`;
  }
  return `${present} ${error.message}`;
}

/** What the schema says in words of the property whose keyword failed. */
function descriptionAt(schema: TSchema, schemaPath: string): string | undefined {
  const place = schemaPath.replace(/^#/, "").replace(/\/pattern$/, "");
  const found = Value.Pointer.Get(schema, place) as { description?: unknown } | undefined;
  return typeof found?.description === "string" ? found.description : undefined;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
