/** Whether this host's processors have anything left to give. */
import { readFileSync } from "node:fs";

/** Less idle time than this, as a part of all: whatever is added is taken from something else. */
const idleMin = 0.08;

/** Fields of the first line of /proc/stat: user, nice, system, idle, iowait, … (proc_stat(5)). */
const idleFields = [3, 4];

export class ProcessorIdle {
  #last = readTimes();

  /** Of the time since the last call. */
  get isStarved(): boolean {
    const last = this.#last;
    const now = readTimes();
    this.#last = now;
    const all = now.all - last.all;
    return all > 0 && (now.idle - last.idle) / all < idleMin;
  }
}

function readTimes(): { idle: number; all: number } {
  const [line = ""] = readFileSync("/proc/stat", "latin1").split("\n", 1);
  const times = line.trim().split(/ +/).slice(1, 9).map(Number);
  const sum = (fields: readonly number[]) => fields.reduce((total, each) => total + each, 0);
  return { idle: sum(idleFields.map((field) => times[field] ?? 0)), all: sum(times) };
}
