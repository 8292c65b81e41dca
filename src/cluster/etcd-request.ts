/**
 * What is asked of etcd and what it answers, in the words of its JSON gateway (`/v3/…`): keys and values in base64, numbers of 64 bits as
 * text. Pure.
 */
import Type from "typebox";
import { compiled } from "../base/compiled.ts";
import { FerryError } from "../base/errors.ts";

/** A value as it stands. Revisions are etcd's own count of changes, as text: they may exceed 2^53. */
export interface Kept {
  readonly key: string;
  readonly value: string;
  /** Of the last change: the same revision is the same value. */
  readonly revision: string;
}

/** What must hold for a transaction's changes to be made. */
export type Condition =
  /** The key was last changed then; null: there is no such key. */
  { readonly key: string; readonly revision: string | null };

export type Change =
  | { readonly put: string; readonly value: string }
  | { readonly delete: string }
  /** Every key that begins so. */
  | { readonly deletePrefix: string };

/** A key, or every key that begins so. */
export type Question = { readonly get: string } | { readonly prefix: string };

export interface Transaction {
  readonly conditions?: readonly Condition[];
  readonly changes?: readonly Change[];
  /** Read in the same moment, after the changes; when the conditions fail just the same. */
  readonly questions?: readonly Question[];
}

export interface Outcome {
  /** False: a condition did not hold, and nothing was changed. */
  readonly done: boolean;
  readonly revision: string;
  /** One list a question, in their order. */
  readonly answers: readonly (readonly Kept[])[];
}

export function encodeTransaction(transaction: Transaction): object {
  const { conditions = [], changes = [], questions = [] } = transaction;
  const asked = questions.map((question) => ({ request_range: rangeOf(question) }));
  return {
    compare: conditions.map(encodeCondition),
    success: [...changes.map(encodeChange), ...asked],
    failure: asked,
  };
}

export function decodeOutcome(transaction: Transaction, answer: unknown): Outcome {
  const { header, succeeded = false, responses = [] } = read(TransactionAnswer, answer);
  const asked = transaction.questions?.length ?? 0;
  const ranges = asked === 0 ? [] : responses.slice(-asked);
  return {
    done: succeeded,
    revision: header.revision,
    answers: ranges.map(({ response_range }) => (response_range?.kvs ?? []).map(decodeKept)),
  };
}

/** @throws FerryError `peer-protocol` when it is not what etcd answers. */
export function read<Schema extends Type.TSchema>(
  schema: Schema,
  answer: unknown,
): Type.Static<Schema> {
  if (compiled(schema).Check(answer)) return answer as Type.Static<Schema>;
  throw new FerryError("peer-protocol", "Cannot understand etcd's answer", {
    remedy: "Ferry speaks to etcd 3.4 and later; see what answers at the cluster's endpoints",
  });
}

function encodeCondition({ key, revision }: Condition): object {
  return revision === null
    ? { key: base64(key), target: "CREATE", result: "EQUAL", create_revision: "0" }
    : { key: base64(key), target: "MOD", result: "EQUAL", mod_revision: revision };
}

function encodeChange(change: Change): object {
  if ("put" in change) {
    return { request_put: { key: base64(change.put), value: base64(change.value) } };
  }
  const question = "delete" in change ? { get: change.delete } : { prefix: change.deletePrefix };
  return { request_delete_range: rangeOf(question) };
}

function rangeOf(question: Question): object {
  if ("get" in question) return { key: base64(question.get) };
  return { key: base64(question.prefix), range_end: endOf(question.prefix) };
}

/** The first key that no longer begins so: etcd's ranges are half open. */
function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix);
  // N.B. keys are of Ferry's own alphabet: the last byte is never 255.
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString("base64");
}

function decodeKept({ key, value = "", mod_revision }: Type.Static<typeof KeyValue>): Kept {
  return { key: text(key), value: text(value), revision: mod_revision };
}

function base64(value: string): string {
  return Buffer.from(value).toString("base64");
}

function text(value: string): string {
  return Buffer.from(value, "base64").toString();
}

const Count = Type.String({ pattern: "^[0-9]+$" });
/** The gateway leaves out what is zero, false or empty. */
const KeyValue = Type.Object({
  key: Type.String(),
  value: Type.Optional(Type.String()),
  mod_revision: Count,
});
const TransactionAnswer = Type.Object({
  header: Type.Object({ revision: Count }),
  succeeded: Type.Optional(Type.Boolean()),
  responses: Type.Optional(
    Type.Array(
      Type.Object({
        response_range: Type.Optional(Type.Object({ kvs: Type.Optional(Type.Array(KeyValue)) })),
      }),
    ),
  ),
});
