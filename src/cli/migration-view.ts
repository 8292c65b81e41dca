/** Where the progress of a move goes: a live block on a terminal, lines in a log, documents for programs, or nowhere. */
import type { MigrationRecord } from "../migration/record.ts";
import { LiveBlock } from "./live-block.ts";
import type { Output } from "./output.ts";
import { glyphsFor, liveView, logLines } from "./progress-line.ts";

export interface MigrationView {
  show(record: MigrationRecord): void;
  /** A word to the person watching. */
  say(text: string): void;
  /** The watch is over; what stays is what the log needs. */
  end(): void;
}

/** The view that suits who reads. */
export function textView(output: Output, environment: NodeJS.ProcessEnv): MigrationView {
  return output.isTerminal ? liveMigrationView(output, environment) : logView(output);
}

function liveMigrationView(output: Output, environment: NodeJS.ProcessEnv): MigrationView {
  const block = new LiveBlock(output);
  const glyphs = glyphsFor(environment);
  return {
    show(record) {
      block.draw(liveView(record, { width: output.width, style: output.style, glyphs }));
    },
    say: (text) => block.say(text),
    end: () => block.clear(),
  };
}

function logView(output: Output): MigrationView {
  let before: MigrationRecord | undefined;
  return {
    show(record) {
      for (const line of logLines(before, record)) output.line(line);
      before = record;
    },
    say: (text) => output.line(text),
    end() {},
  };
}

/** One document a line, one for each change. */
export function documentsView(output: Output): MigrationView {
  let before = "";
  return {
    show(record) {
      const now = JSON.stringify(record);
      if (now !== before) output.item(record, () => "");
      before = now;
    },
    say() {},
    end() {},
  };
}

export const silentView: MigrationView = { show() {}, say() {}, end() {} };
