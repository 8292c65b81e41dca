/**
 * A VM's screen that goes on: when the line ends, because the VM moved, its agent was started again or the network
 * broke, the last picture stays and the next line is opened to wherever the VM is by then.
 */
import RFB from "@novnc/novnc";
import { Reopening } from "./reopening.ts";

export type ScreenState = "connecting" | "connected" | "waiting";

/** A guest whose screen is black for this long has a black screen. */
const pictureMsMax = 1_500;

export interface ScreenParts {
  /** Where the screen is drawn. */
  readonly target: HTMLElement;
  /** The VM's id: it stays the same wherever the VM goes. */
  readonly vm: string;
  readonly onState: (state: ScreenState) => void;
}

export class ScreenLine {
  readonly #parts: ScreenParts;
  #rfb: RFB | undefined;
  /** Holds the last picture while there is no line. */
  #frozen: HTMLCanvasElement | undefined;
  readonly #reopening = new Reopening(() => this.#open());
  #isClosed = false;

  constructor(parts: ScreenParts) {
    this.#parts = parts;
    this.#open();
  }

  sendCtrlAltDel(): void {
    this.#rfb?.sendCtrlAltDel();
  }

  focus(): void {
    this.#rfb?.focus();
  }

  hurry(): void {
    this.#reopening.hurry();
  }

  close(): void {
    this.#isClosed = true;
    this.#reopening.stop();
    this.#rfb?.disconnect();
    this.#frozen?.remove();
  }

  #open(): void {
    const { target, vm, onState } = this.#parts;
    onState("connecting");
    const place = document.createElement("div");
    place.style.cssText = "position:absolute;inset:0";
    target.append(place);
    const url = new URL(`/v1/vms/${vm}/screen`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const rfb = new RFB(place, url.href, { shared: true });
    rfb.scaleViewport = true;
    rfb.background = "transparent";
    let lastPicture: HTMLCanvasElement | undefined;
    rfb.addEventListener("connect", () => {
      this.#reopening.worked();
      lastPicture = place.querySelector("canvas") ?? undefined;
      onState("connected");
      void this.#thaw(lastPicture);
    });
    rfb.addEventListener("disconnect", () => {
      if (lastPicture !== undefined) this.#freeze(lastPicture);
      place.remove();
      if (this.#rfb === rfb) this.#rfb = undefined;
      if (this.#isClosed) return;
      onState("waiting");
      this.#reopening.wait();
    });
    this.#rfb = rfb;
  }

  /** A copy: the line's own canvas goes with it. */
  #freeze(picture: HTMLCanvasElement): void {
    if (picture.width === 0 || picture.height === 0) return;
    const copy = document.createElement("canvas");
    copy.width = picture.width;
    copy.height = picture.height;
    // As large as the line's own picture was, which is scaled to its place.
    copy.style.cssText = "position:absolute;inset:0;width:100%;height:100%;object-fit:contain";
    copy.getContext("2d")?.drawImage(picture, 0, 0);
    this.#frozen?.remove();
    this.#frozen = copy;
    this.#parts.target.prepend(copy);
  }

  /** The last picture goes once the new line has drawn one. */
  async #thaw(picture: HTMLCanvasElement | undefined): Promise<void> {
    const begun = performance.now();
    while (performance.now() - begun < pictureMsMax && !hasPicture(picture)) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    this.#frozen?.remove();
    this.#frozen = undefined;
  }
}

function hasPicture(canvas: HTMLCanvasElement | undefined): boolean {
  const context = canvas?.getContext("2d");
  if (!canvas || !context || canvas.width === 0 || canvas.height === 0) return false;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, index) => index % 4 !== 3 && value !== 0);
}
