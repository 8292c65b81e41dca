/**
 * Writes the pages of the guest's memory to their place in QEMU itself, and passes on what is left of QEMU's stream: one that
 * has no page of that memory, which QEMU takes as it is. Before the devices' state goes to QEMU, every page is in its place.
 */
import { FerryError } from "../base/errors.ts";
import { pageBytes } from "./limits.ts";
import { MemoryFile, type MemoryPlace } from "./memory-file.ts";
import type { MemoryTarget } from "./memory-target.ts";
import { badBatch } from "./page-batch.ts";
import type { Operation } from "./page-batch-reader.ts";
import type { RamBlock } from "./qemu-stream.ts";
import { RamStreamWriter } from "./ram-stream-writer.ts";

export interface PlacedMemory extends MemoryPlace {
  /** The id of QEMU's memory backend, which its block is named after. */
  readonly block: string;
  /** The file that it is in, open for reading and writing; the caller closes it when the decoder is done. */
  readonly fd: number;
}

export class PlacedTarget implements MemoryTarget {
  readonly #memory: PlacedMemory;
  readonly #writer: RamStreamWriter;
  #file: MemoryFile | undefined;
  #placed = -1;

  /** @param pass gives bytes to QEMU's socket, for good; resolves when it may have more */
  constructor(memory: PlacedMemory, pass: (bytes: Buffer) => Promise<void>) {
    this.#memory = memory;
    this.#writer = new RamStreamWriter(pass);
  }

  async apply(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "open":
        return;
      case "machine":
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
    const { block, bytes, fd } = this.#memory;
    if (placed?.usedBytes !== bytes) {
      const present = placed === undefined ? "no such block" : `${placed.usedBytes} bytes of it`;
      throw unplaceable(`its stream has ${present}`, `a block "${block}" of ${bytes} bytes`);
    }
    this.#file = new MemoryFile(fd, this.#memory);
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

/** The source has been told what becomes of pages: there is no way back to the plain stream in this session. */
function unplaceable(present: string, wanted: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot place the guest's memory: ${present}, ${wanted} wanted`,
    {
      remedy: "Move the VM with its memory not placed by the agent.",
    },
  );
}
