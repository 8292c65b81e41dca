/** Colour, used sparingly: states, errors and headings. Text is the same without it. */
import { styleText } from "node:util";

export type StyleName = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Style = (name: StyleName, text: string) => string;

export const plain: Style = (_, text) => text;

const coloured: Style = (name, text) => styleText(name, text, { validateStream: false });

/** Colour on a terminal, unless NO_COLOR asks for none (https://no-color.org) or the terminal is `dumb`. */
export function styleFor(isTerminal: boolean, environment: NodeJS.ProcessEnv): Style {
  const wanted = !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  return isTerminal && wanted ? coloured : plain;
}
