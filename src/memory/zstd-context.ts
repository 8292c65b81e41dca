/**
 * One zstd compressor or decompressor that is used again and again. Node's one-shot calls make a context for each: megabytes
 * of fresh memory, whose page faults and garbage collection cost as much as a third of the compressing, and no room for zstd
 * to work from buffer to buffer without copies of its own. This uses the binding beneath them, which Node's `zlib` streams
 * stand on too, one frame a call; a version of Node without it is served by the one-shot calls (docs/decisions/0130).
 */
import { promisify } from "node:util";
import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  zstdCompress,
  zstdDecompress,
} from "node:zlib";
import { invariant } from "../base/invariant.ts";

const compressOnce = promisify(zstdCompress);
const decompressOnce = promisify(zstdDecompress);

/** What the binding takes parameters in: by their number; those that are not given are this. */
const unset = -1;
const parametersMax = 500;

/** As far as it is used, the binding's object. Results are in `init`'s state: output room left, input left. */
interface Binding {
  init(
    parameters: Uint32Array,
    inputBytes: undefined,
    state: Uint32Array,
    done: () => void,
    dictionary: undefined,
    rejectsMore: boolean,
  ): void;
  write(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputBytes: number,
    output: Uint8Array,
    outputAt: number,
    outputBytes: number,
  ): void;
  close(): void;
  onerror: (message: string) => void;
}

/** @returns how many bytes of the output were filled; undefined when it did not hold them all, or input was left over */
export type ZstdRun = (input: Uint8Array, output: Uint8Array) => Promise<number | undefined>;

export interface ZstdContext {
  /** One call at a time. Rejects when the input is not what zstd can take; the context is of no more use then. */
  readonly run: ZstdRun;
  /** Nothing runs any more, and nothing will. */
  close(): void;
}

/** The most bytes that so many become when they cannot be compressed (ZSTD_COMPRESSBOUND). */
export function compressedBytesMax(contentBytes: number): number {
  const small = 128 * 1024;
  const margin = contentBytes < small ? (small - contentBytes) >> 11 : 0;
  return contentBytes + (contentBytes >> 8) + margin;
}

export function compressionContext(level: number): ZstdContext {
  const binding = bindingOf(createZstdCompress());
  if (binding === undefined) return oneShot((input) => compressOnce(input, { params: at(level) }));
  return new BindingContext(binding, at(level));
}

export function decompressionContext(): ZstdContext {
  const binding = bindingOf(createZstdDecompress());
  if (binding !== undefined) return new BindingContext(binding, {});
  return {
    close() {},
    // No byte more than there is room for.
    async run(input, output) {
      const limits = { maxOutputLength: output.length, chunkSize: Math.max(64, output.length) };
      const whole = await decompressOnce(input, limits);
      output.set(whole);
      return whole.length;
    },
  };
}

function at(level: number): Record<number, number> {
  invariant(level !== unset, "the binding has another meaning for this level");
  return { [constants.ZSTD_c_compressionLevel]: level };
}

class BindingContext implements ZstdContext {
  readonly #binding: Binding;
  readonly #state = new Uint32Array(2);
  #running: PromiseWithResolvers<number | undefined> | undefined;
  #roomBytes = 0;

  constructor(binding: Binding, parameters: Record<number, number>) {
    this.#binding = binding;
    const all = new Uint32Array(parametersMax).fill(unset);
    for (const [number, value] of Object.entries(parameters)) all[Number(number)] = value;
    binding.init(all, undefined, this.#state, () => this.#done(), undefined, false);
    binding.onerror = (message) => this.#take()?.reject(new Error(message));
  }

  run(input: Uint8Array, output: Uint8Array): Promise<number | undefined> {
    const running = Promise.withResolvers<number | undefined>();
    this.#running = running;
    this.#roomBytes = output.length;
    const { ZSTD_e_end: whole } = constants;
    this.#binding.write(whole, input, 0, input.length, output, 0, output.length);
    return running.promise;
  }

  close(): void {
    this.#binding.close();
  }

  #done(): void {
    const [roomLeft = 0, inputLeft = 0] = this.#state;
    this.#take()?.resolve(inputLeft > 0 ? undefined : this.#roomBytes - roomLeft);
  }

  #take(): PromiseWithResolvers<number | undefined> | undefined {
    const running = this.#running;
    this.#running = undefined;
    return running;
  }
}

function oneShot(work: (input: Uint8Array) => Promise<Buffer>): ZstdContext {
  return {
    close() {},
    async run(input, output) {
      const whole = await work(input);
      if (whole.length > output.length) return undefined;
      output.set(whole);
      return whole.length;
    },
  };
}

/** A fresh object of the binding beneath a stream of Node's; undefined where there is none that looks like it. */
function bindingOf(stream: object): Binding | undefined {
  const handle: unknown = Reflect.get(stream, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  const { close } = handle as { close?: unknown };
  if (typeof close === "function") close.call(handle);
  const Made: unknown = handle.constructor;
  if (typeof Made !== "function" || Made === Object) return undefined;
  const made = new (Made as new () => Partial<Binding>)();
  const isWhole = [made.init, made.write, made.close].every((each) => typeof each === "function");
  return isWhole ? (made as Binding) : undefined;
}
