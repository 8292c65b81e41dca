/**
 * Writes the pages of the guest's memory to its file itself, and passes what is left of QEMU's stream on, made into one
 * for a QEMU that runs with `x-ignore-shared` and finds its memory in the file. Before the devices' state goes to
 * QEMU, every page is in its place.
 */
import { FerryError } from "../base/errors.ts";
import { pageBytes } from "./limits.ts";
import { MemoryFile } from "./memory-file.ts";
import type { MemoryTarget } from "./memory-target.ts";
import { badBatch } from "./page-batch.ts";
import type { Operation } from "./page-batch-reader.ts";
import type { RamBlock } from "./qemu-stream.ts";
import { RamStreamWriter } from "./ram-stream-writer.ts";

export interface PlacedMemory {
  /** The id of QEMU's memory backend, which its block is named after. */
  readonly block: string;
  /** The backend's file, open for reading and writing; the caller closes it when the decoder is done. */
  readonly fd: number;
}

export class PlacedTarget implements MemoryTarget {
  readonly #memory: PlacedMemory;
  readonly #writer: RamStreamWriter;
  #file: MemoryFile | undefined;
  #placed = -1;
  #hasMachine = false;

  /** @param pass gives bytes to QEMU's socket, for good; resolves when it may have more */
  constructor(memory: PlacedMemory, pass: (bytes: Buffer) => Promise<void>) {
    this.#memory = memory;
    this.#writer = new RamStreamWriter(true, pass);
  }

  async apply(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "open":
        return;
      case "machine":
        this.#hasMachine = true;
        return await this.#writer.machine(operation.name);
      case "blocks":
        return await this.#announce(operation.blocks);
      case "bytes":
        return await this.#writer.bytes(operation.data);
      case "zeros":
        if (operation.block !== this.#placed) {
          return await this.#writer.zeros(operation.block, operation.first, operation.count);
        }
        return await this.#placedFile().zero(operation.first, operation.count);
      case "pages":
        return await this.#applyPages(operation);
      case "delta":
        this.#expectPlaced(operation.block);
        return this.#placedFile().applyDelta(operation.page, operation.delta);
      case "reference":
        this.#expectPlaced(operation.block);
        this.#expectPlaced(operation.fromBlock);
        return this.#placedFile().copy(operation.page, operation.fromPage);
      case "memory-ended":
        return await this.#placedFile().settle();
      case "not-understood":
        throw unplaceable("its stream has parts that are not understood", "known ones");
    }
  }

  async batchEnded(): Promise<void> {
    await this.#file?.settle();
    await this.#writer.flush();
  }

  async #announce(blocks: readonly RamBlock[]): Promise<void> {
    this.#placed = blocks.findIndex(({ name }) => name === this.#memory.block);
    const placed = blocks[this.#placed];
    if (placed === undefined || !this.#hasMachine) {
      const missing = placed === undefined ? "no such block" : "no configuration";
      const wanted = `a block "${this.#memory.block}" after a configuration`;
      throw unplaceable(`its stream has ${missing}`, wanted);
    }
    this.#file = new MemoryFile(this.#memory.fd, placed.usedBytes);
    await this.#writer.blocks(blocks);
  }

  async #applyPages(run: Extract<Operation, { kind: "pages" }>): Promise<void> {
    const { block, first, count, data } = run;
    if (block === this.#placed) return this.#placedFile().put(first, data);
    for (let index = 0; index < count; index++) {
      if (!this.#writer.hasRoom) await this.#writer.flush();
      this.#writer.page(block, first + index, data, index * pageBytes);
    }
  }

  #expectPlaced(block: number): void {
    if (block === this.#placed) return;
    throw badBatch(`it builds on pages of block ${block}, which cannot be read back`);
  }

  #placedFile(): MemoryFile {
    if (this.#file === undefined) throw badBatch("memory ends before it is announced");
    return this.#file;
  }
}

/** QEMU has been told that its memory is in the file: there is no way back to the plain stream in this session. */
function unplaceable(present: string, wanted: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot place the guest's memory: ${present}, ${wanted} wanted`,
    {
      remedy: "Move the VM with its memory not placed by the agent.",
    },
  );
}
