/** Estimates whether bytes are worth compressing, from a sample. Pure. */

const samples = 4096;
/** Random bytes come to 7.95 bits in a sample of this size; text, code and pointers stay under 7. */
const bitsMax = 7.7;

export function isIncompressible(bytes: Uint8Array): boolean {
  if (bytes.length < samples) return false;
  // An odd step, so that samples fall on every place within words and pages.
  const step = Math.floor(bytes.length / samples) | 1;
  const counts = new Uint16Array(256);
  let total = 0;
  for (let at = 0; at < bytes.length; at += step) {
    const byte = bytes[at] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
    total++;
  }
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / total) * Math.log2(count / total);
  }
  return bits > bitsMax;
}
