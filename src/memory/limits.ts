/** Every limit of the memory codec, each with its reason. All sizes in bytes unless the name says otherwise. */

const KiB = 1024;
const MiB = 1024 * KiB;

/** x86's page, and the unit in which QEMU tracks changes there; a machine with another is carried as it is. */
export const pageBytes = 4 * KiB;
export const pageBits = 12;

/** A VM has a block for each DIMM, ROM and video memory: tens. */
export const blocksMax = 1024;
/** A length byte goes before a name. */
export const nameBytesMax = 255;
/** 4 TiB of guest: a bit for each page is 128 MiB then. A larger guest's stream is carried without a look. */
export const pagesMax = 2 ** 30;

/** Below this zstd loses ratio and speed to its start-up. */
export const batchBytesMin = 256 * KiB;
/** Above this the ratio hardly grows, and a batch would hold up the blackout. */
export const batchBytesMax = 1 * MiB;
/** Names, page numbers and lengths of a batch; the writer starts another batch when they fill it. */
export const batchOperationsBytesMax = 64 * KiB;
/** What a batch may unfold to in pages: differences and references are small on the wire, pages are not. */
export const batchPagesMax = 1024;
/** What a batch's body may unfold to; the decoder allocates no more. */
export const contentBytesMax = 4 + batchOperationsBytesMax + batchBytesMax;

/** Fingerprints of pages: 20 bytes each and an index, 76 MiB; for 12 GiB of guest all, beyond it the latest. */
export const fingerprintsMax = 3 * 1024 * 1024;
/** A difference larger than this saves too little over the page itself to be worth its decoding. */
export const deltaBytesMax = 2 * KiB;

/** The page cache's share of memory unless the administrator sets another; the target may refuse a larger one. */
export const pageCacheBytesDefault = 256 * MiB;

/** A batch smaller than this waits a moment for more, when the socket is empty. */
export const flushBytesMin = 64 * KiB;
/** How long it waits: nobody notices it in pre-copy, and once memory ended nothing waits. */
export const flushMs = 1;

/** Bytes of a re-made stream handed to the socket at once. */
export const outputBytesMax = 256 * KiB;
/** Writes into a memory file under way at once: as many as libuv has threads. */
export const placedWritesMax = 4;
