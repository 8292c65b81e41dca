/**
 * Unfolds the bodies of batches into their contents, into memory that is used again and by decompressors that live as long
 * as the stream. A body is bounded by what its header announced.
 */
import type { AssembledBatch } from "./batch-assembler.ts";
import { contentBytesMax } from "./limits.ts";
import { badBatch, codings } from "./page-batch.ts";
import { decompressionContext, type ZstdContext } from "./zstd-context.ts";

/** As many as are unfolded at once, and one being applied. */
const sparesMax = 5;

export class BatchUnfolder {
  readonly #contexts: ZstdContext[] = [];
  readonly #spares: Buffer[] = [];
  /** Memory of contents that are in use; a raw batch's content is its body, whose memory is the assembler's. */
  readonly #lent = new Set<ArrayBufferLike>();

  /** Several may be under way. Rejects with FerryError `peer-protocol` for a body that is not its content. */
  unfold(batch: AssembledBatch): Promise<Buffer> {
    const content = this.#unfolded(batch);
    // Nobody may be waiting for it any more when it fails.
    content.catch(() => {});
    return content;
  }

  /** Nobody holds anything of the content any more. */
  recycle(content: Buffer): void {
    const { buffer } = content;
    const isOurs = this.#lent.delete(buffer);
    if (isOurs && this.#spares.length < sparesMax) this.#spares.push(Buffer.from(buffer));
  }

  async #unfolded({ header, body }: AssembledBatch): Promise<Buffer> {
    if (header.coding === codings.raw) return body;
    const whole = this.#spares.pop() ?? Buffer.allocUnsafeSlow(contentBytesMax);
    this.#lent.add(whole.buffer);
    // No byte more than announced.
    const content = whole.subarray(0, header.contentBytes);
    const context = this.#contexts.pop() ?? decompressionContext();
    let bytes: number | undefined;
    try {
      bytes = await context.run(body, content);
    } catch (cause) {
      throw badBatch("its body does not decompress to its content", cause);
    }
    if (bytes === undefined) throw badBatch("its body does not decompress to its content");
    if (bytes < content.length) throw badBatch("its body decompresses to less than its content");
    this.#contexts.push(context);
    return content;
  }
}
