/**
 * Memory for what sockets read, used again and again. A fresh buffer for every read costs more than the reading, the
 * encryption and the writing together (page faults and garbage collection: 0.6 to 1 CPU second per GB measured), so
 * reads fill slabs one after the other, and a slab whose every byte was given back is read into again.
 *
 * Bytes that nobody gives back are no leak: their slab is the garbage collector's then.
 */
const slabBytes = 256 * 1024;
/** Reading into less than this would be many small reads. */
const tailBytes = 32 * 1024;
/** What is kept for reading into again: one session's worth of bytes under way. */
const spareSlabsMax = 128;

/** Memory of which bytes are lent. */
interface Loan {
  /** Bytes not given back. */
  lent: number;
  /** Called when none is lent any more. */
  readonly returned: () => void;
}

interface Slab extends Loan {
  readonly memory: ArrayBuffer;
  /** A filler still reads into it, and keeps it even with nothing lent. */
  isFilling: boolean;
  filled: number;
}

const owners = new WeakMap<ArrayBufferLike, Loan>();
const spare: Slab[] = [];

/** Fills slabs for one socket. */
export class SlabFiller {
  #slab = takeSlab();

  /** Where the next read goes. */
  next(): Uint8Array {
    if (slabBytes - this.#slab.filled < tailBytes) {
      const full = this.#slab;
      this.#slab = takeSlab();
      full.isFilling = false;
      keepIfIdle(full);
    }
    return new Uint8Array(this.#slab.memory, this.#slab.filled);
  }

  /** A read brought so many bytes: lent to the caller until `giveBack`. */
  filled(bytes: number): Buffer {
    const slab = this.#slab;
    const chunk = Buffer.from(slab.memory, slab.filled, bytes);
    slab.filled += bytes;
    slab.lent += bytes;
    return chunk;
  }
}

/** Whoever held these bytes is done with them, and nobody else holds them. */
export function giveBack(bytes: Buffer): void {
  giveBackPart(bytes, bytes.length);
}

/** As `giveBack`, for so many bytes of a chunk, whichever they are. */
export function giveBackPart(chunk: Buffer, bytes: number): void {
  const loan = owners.get(chunk.buffer);
  if (loan === undefined) return;
  loan.lent -= bytes;
  if (loan.lent <= 0) loan.returned();
}

/** Lends bytes that are the only ones in use of their memory; `returned` is called once all were given back. */
export function lend(bytes: Buffer, returned: () => void): void {
  const memory = bytes.buffer;
  owners.set(memory, {
    lent: bytes.length,
    returned: () => {
      owners.delete(memory);
      returned();
    },
  });
}

/** No session is here that would read. */
export function forgetSpareSlabs(): void {
  spare.length = 0;
}

function takeSlab(): Slab {
  const slab = spare.pop() ?? emptySlab();
  slab.isFilling = true;
  slab.filled = 0;
  owners.set(slab.memory, slab);
  return slab;
}

function emptySlab(): Slab {
  const slab: Slab = {
    ...{ memory: new ArrayBuffer(slabBytes), isFilling: true, filled: 0, lent: 0 },
    returned: () => keepIfIdle(slab),
  };
  return slab;
}

function keepIfIdle(slab: Slab): void {
  if (slab.lent > 0 || slab.isFilling) return;
  owners.delete(slab.memory);
  if (spare.length < spareSlabsMax) spare.push(slab);
}
