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
  const ofKind = problemOfKind(schema, document, errors);
  if (ofKind !== undefined) return ofKind;
  const path = error.instancePath === "" ? "/" : error.instancePath;
  return { path, problem: describe(error, errors, document, schema) };
}

/** Where things differ by their `kind`: what is wrong with the kind that was given, not with the others. */
function problemOfKind(
  schema: TSchema,
  document: unknown,
  errors: readonly SchemaError[],
): SchemaProblem | undefined {
  const error = errors.find(
    ({ keyword, instancePath }) => keyword === "const" && instancePath.endsWith("/kind"),
  );
  const place = /^#(.*)\/anyOf\/\d+\/properties\/kind$/.exec(error?.schemaPath ?? "")?.[1];
  if (error === undefined || place === undefined) return undefined;
  const union = Value.Pointer.Get(schema, place) as { anyOf: readonly KindSchema[] };
  const path = error.instancePath.slice(0, -"/kind".length);
  const given = Value.Pointer.Get(document, path) as { kind?: unknown };
  const variant = union.anyOf.find(({ properties }) => properties?.kind.const === given.kind);
  if (variant === undefined) {
    const kinds = union.anyOf.map(({ properties }) => properties?.kind.const).join(", ");
    return { path: error.instancePath, problem: `${shorten(given.kind)} is not one of ${kinds}` };
  }
  const problem = schemaProblem(variant, given);
  return problem && { ...problem, path: path + (problem.path === "/" ? "" : problem.path) };
}

type KindSchema = TSchema & { readonly properties?: { readonly kind: { readonly const: string } } };

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
