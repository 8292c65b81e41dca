/**
 * QEMU's return path: what the target QEMU says back on the migration socket. Pure: pieces in, pieces out.
 *
 * Everything goes through at once, except SHUT, the message that makes the source QEMU give the guest up: it and
 * whatever follows are withheld on the source until the handover is durable. Delivering it is the commit.
 *
 * A message is be16 type, be16 length, data. One of them is followed by more: RECV_BITMAP by be64 n, n bytes of
 * bitmap and be64 end mark.
 */
const shut = 1;
const receivedBitmap = 5;
/** SWITCHOVER_ACK, of no data (QEMU 8.1). */
const allowsSwitchover = Buffer.from([0, 7, 0, 0]);
const headerBytes = 4;

export interface Passage {
  /** What goes to the source QEMU now. */
  readonly forward: Buffer[];
  /** The target QEMU reported: true when it has loaded everything. Said once. */
  readonly loaded?: boolean;
}

export class ReturnPath {
  /** Bytes of a field that is not complete yet: a message's header, SHUT's value, a bitmap's length. */
  #held: Buffer = Buffer.alloc(0);
  #reading: "header" | "data" | "bitmap-length" | "shut" = "header";
  #type = 0;
  #dataLeft = 0;
  #withheld: Buffer[] = [];
  /** Our own message waits until the one under way is whole. */
  #isAllowing = false;
  #reported = false;
  #released = false;

  /** Whether SHUT has come and waits to be released. */
  get isShut(): boolean {
    return this.#reading === "shut" && this.#reported;
  }

  push(chunk: Buffer): Passage {
    const forward: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0 && this.#reading !== "shut") rest = this.#pushMessage(rest, forward);
    if (rest.length === 0) return { forward };
    if (this.#released) forward.push(rest);
    // A copy: the chunk's memory is given back before SHUT is released.
    else this.#withheld.push(Buffer.from(rest));
    return this.#report(rest, forward);
  }

  /** From now on nothing is withheld. Returns what was. */
  release(): Buffer[] {
    this.#released = true;
    const withheld = this.#withheld;
    this.#withheld = [];
    return withheld;
  }

  /** What goes to the source QEMU for it to switch over when it likes; that the target did not say it, it can't tell. */
  allowSwitchover(): Buffer[] {
    if (this.#reading === "header" && this.#held.length === 0) return [allowsSwitchover];
    // Behind SHUT there is nothing to allow any more.
    this.#isAllowing = this.#reading !== "shut";
    return [];
  }

  #pushMessage(rest: Buffer, forward: Buffer[]): Buffer {
    if (this.#reading === "data") return this.#pushData(rest, forward);
    const wanted = this.#reading === "header" ? headerBytes : 8;
    const taken = rest.subarray(0, wanted - this.#held.length);
    this.#held = Buffer.concat([this.#held, taken]);
    const after = rest.subarray(taken.length);
    if (this.#held.length < wanted) return after;
    const field = this.#held;
    this.#held = Buffer.alloc(0);
    if (this.#reading === "bitmap-length") {
      forward.push(field);
      this.#type = 0;
      this.#dataLeft = Number(field.readBigUInt64BE()) + 8;
      this.#reading = "data";
      return after;
    }
    this.#type = field.readUInt16BE(0);
    this.#dataLeft = field.readUInt16BE(2);
    if (this.#type === shut) {
      this.#reading = "shut";
      (this.#released ? forward : this.#withheld).push(field);
      return after;
    }
    forward.push(field);
    this.#reading = "data";
    if (this.#dataLeft === 0) this.#endData(forward);
    return after;
  }

  #pushData(rest: Buffer, forward: Buffer[]): Buffer {
    const piece = rest.subarray(0, this.#dataLeft);
    forward.push(piece);
    this.#dataLeft -= piece.length;
    if (this.#dataLeft === 0) this.#endData(forward);
    return rest.subarray(piece.length);
  }

  #endData(forward: Buffer[]): void {
    this.#reading = this.#type === receivedBitmap ? "bitmap-length" : "header";
    if (!this.#isAllowing || this.#reading !== "header") return;
    this.#isAllowing = false;
    forward.push(allowsSwitchover);
  }

  /** SHUT's value: 0 is success. */
  #report(rest: Buffer, forward: Buffer[]): Passage {
    if (this.#reported) return { forward };
    this.#held = Buffer.concat([this.#held, rest.subarray(0, 4 - this.#held.length)]);
    if (this.#held.length < 4) return { forward };
    this.#reported = true;
    return { forward, loaded: this.#held.readUInt32BE(0) === 0 };
  }
}
