/** Keys and transactions in memory, as etcd has them; for tests of what is asked of it, not of how. */
import type { Condition, Kept, Outcome, Question, Transaction } from "./etcd-request.ts";

export class MadeEtcd {
  readonly #kept = new Map<string, Kept>();
  #revision = 0;

  async transact({ conditions = [], changes = [], questions = [] }: Transaction): Promise<Outcome> {
    const done = conditions.every((condition) => this.#holds(condition));
    if (done && changes.length > 0) this.#revision++;
    for (const change of done ? changes : []) {
      if ("put" in change) {
        const { put: key, value } = change;
        this.#kept.set(key, { key, value, revision: String(this.#revision) });
      } else if ("delete" in change) this.#kept.delete(change.delete);
      else
        for (const key of this.#kept.keys())
          if (key.startsWith(change.deletePrefix)) this.#kept.delete(key);
    }
    const answers = questions.map((question) => this.#find(question));
    return { done, revision: String(this.#revision), answers };
  }

  async list(prefix: string): Promise<readonly Kept[]> {
    return this.#find({ prefix });
  }

  #holds({ key, revision }: Condition): boolean {
    return (this.#kept.get(key)?.revision ?? null) === revision;
  }

  #find(question: Question): Kept[] {
    const isAsked = (key: string): boolean =>
      "get" in question ? key === question.get : key.startsWith(question.prefix);
    return [...this.#kept.values()].filter(({ key }) => isAsked(key));
  }
}
