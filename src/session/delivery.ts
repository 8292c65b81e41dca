/** What becomes of a stream's bytes on their way to the local socket: written as they are, or decoded. */
import type { Socket } from "node:net";
import { writeTogether } from "./write-together.ts";

export interface Delivery {
  /** Whether another frame's bytes may be given now. */
  readonly hasRoom: boolean;
  /** `done` is called, in the order of the calls, when the bytes are where they belong, or cannot be. */
  deliver(pieces: readonly Buffer[], done: (failure?: Error) => void): void;
  /** Nothing follows; `done` as above. */
  end(done: (failure?: Error) => void): void;
  /** The socket is gone. */
  close(): void;
}

export class PlainDelivery implements Delivery {
  hasRoom = true;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  deliver(pieces: readonly Buffer[], done: () => void): void {
    this.hasRoom = false;
    writeTogether(this.#socket, pieces, () => {
      this.hasRoom = true;
      done();
    });
  }

  end(done: () => void): void {
    done();
  }

  close(): void {}
}
