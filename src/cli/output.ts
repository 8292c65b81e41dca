/**
 * What a command says. People read text: results on standard output, warnings and errors on standard error. With
 * --json, standard output carries exactly one JSON document, which is the error when there is one; watches write one
 * document a line.
 */
import { errorCodes, type FerryError } from "../base/errors.ts";
import { printable } from "./printable.ts";
import { isCheckReport, renderRefusal } from "./render/check.ts";
import { type Style, styleFor } from "./style.ts";

/** What is needed of standard output and standard error. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Streams {
  readonly out: TextStream;
  readonly err: TextStream;
}

export class Output {
  readonly json: boolean;
  /** Someone watches standard output: live views and colours make sense. */
  readonly isTerminal: boolean;
  readonly style: Style;
  readonly #streams: Streams;
  readonly #errorStyle: Style;

  constructor(json: boolean, streams: Streams, environment: NodeJS.ProcessEnv) {
    this.json = json;
    this.isTerminal = !json && streams.out.isTTY === true && environment["TERM"] !== "dumb";
    this.style = styleFor(this.isTerminal, environment);
    this.#errorStyle = styleFor(streams.err.isTTY === true, environment);
    this.#streams = streams;
  }

  /** The terminal's width in columns. */
  get width(): number {
    return this.#streams.out.columns || 80;
  }

  /** The result of a command: the document for programs, the text for people. */
  result(document: unknown, text: () => string): void {
    if (this.json) this.#streams.out.write(`${JSON.stringify(document, undefined, 2)}\n`);
    else this.line(text());
  }

  /** One of many documents, on one line, or its text. */
  item(document: unknown, text: () => string): void {
    if (this.json) this.#streams.out.write(`${JSON.stringify(document)}\n`);
    else this.line(text());
  }

  /** Text for people only; nothing with --json. */
  line(text: string): void {
    if (!this.json && text !== "") this.#streams.out.write(`${text}\n`);
  }

  /** Text as it is, such as a document or a live view. */
  raw(text: string): void {
    this.#streams.out.write(text);
  }

  /** What a person should know beside the result; on standard error, so that the result can be piped. */
  note(text: string): void {
    if (!this.json) this.#streams.err.write(`${printable(text)}\n`);
  }

  warning(text: string): void {
    if (!this.json)
      this.#streams.err.write(`${this.#errorStyle("yellow", "warning:")} ${printable(text)}\n`);
  }

  /**
   * Prints the error and gives the exit code that its cause has. `answered`: with --json, the document that was
   * written already says so.
   */
  error(error: FerryError, { answered = false } = {}): number {
    if (!this.json) this.#errorText(error);
    else if (!answered) this.result({ error: error.toBody() }, () => "");
    return errorCodes[error.code].exit;
  }

  #errorText({ code, message, remedy, details }: FerryError): void {
    const style = this.#errorStyle;
    const remedies = remedy === undefined ? [] : [`remedy: ${printable(remedy)}`];
    // The checks' findings have a remedy each: one below the other they can be read.
    const [first = "", ...rest] =
      code === "precheck-failed" && isCheckReport(details)
        ? renderRefusal(details, style)
        : [printable(message), ...remedies];
    const lines = [`${style("red", "error:")} ${first}`, ...rest];
    this.#streams.err.write(lines.map((line) => `${line}\n`).join(""));
  }
}
