/** Every limit of a session, each with its reason. */
import type { SessionLimits } from "./options.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

export const sessionLimits: SessionLimits = {
  /** Long enough for a handshake between busy hosts; short enough that a wrong address is reported to a person. */
  connectMs: 10_000,
  /** In pre-copy a broken link costs nothing but time. The blackout's own, shorter limit is the engine's to set. */
  outageMs: 60_000,
  /** Well past the retransmission of a link that was gone for a second; a dead lane must not outlast the blackout. */
  silenceMs: 4_000,
  /** QEMU's estimate of the blackout is wrong by what waits behind it; 10 ms of that nobody notices. */
  drainMs: 10,
  /** 25 Gbit/s over 10 ms of round trip; also the most that is kept for sending again after a lane broke. */
  inFlightBytesMax: 32 * MiB,
  /** Whoever moved to that host before knows more. */
  expectedBytesPerSecond: 0,
};

/**
 * While no memory crosses, no blackout is estimated, and more may wait: hosts whose processors are all taken read a socket
 * some tens of milliseconds late, and a window that is shorter leaves the link idle until they do. A mirrored disk has
 * more than this under way in any case.
 */
export const drainMsWithoutMemory = 40;

/** A peer that has more than this on the way to one host broke the protocol: it bounds the memory it can take. */
export const receivedBytesMax = 64 * MiB;
/** Frames of few bytes cost memory of their own. */
export const receivedFramesMax = 4_096;
/** A VM's memory and its disks, with room. */
export const streamsMax = 64;
export const lanesMax = 64;
/** Frames wait in their streams, where any lane can take them, rather than in one lane's socket. */
export const laneQueueBytesMax = 512 * KiB;
/** What one stream may have under way in frames, half of what the receiver takes. */
export const framesInFlightMax = receivedFramesMax / 2;
/** So many lanes closed for breaking the protocol end the session: it would only happen again. */
export const violationsMax = 3;
/** A lane that has not been admitted holds a hello at most. */
export const helloBytesMax = 1 * KiB;
/** Messages wait for the engine to ask for them; a source that sends more without being asked is broken. */
export const unreadMessagesMax = 64;

/** Connections that have not proved themselves: how many at once, and for how long each. The oldest gives way. */
export const strangersMax = 16;
export const strangerMs = 5_000;

/** With another lane there is somewhere to go on; more than a retransmission or two is not waited for. */
export const silenceWithOthersMs = 1_500;
/** In a short outage a lane is given up after this part of it, so that there is time to try another; but not in haste. */
export const silencePartOfOutage = 1 / 2;
export const silenceMsMin = 1_000;
/** A dead link answers nothing: several attempts within an outage, each with the repetition that TCP makes after 1 s. */
export const dialMs = 1_500;

/** A lane that is idle asks for a sign of life this often: several within the silence it may keep. */
export const pingMs = 500;
/** How long a closing session waits: for its last control messages to arrive, and then for the goodbye to. */
export const lastWordsMs = 2_000;
export const farewellMs = 500;
/** What strangers do to a port must not fill the log. */
export const refusalsLoggedMax = 50;
/** The round trip is the shortest of so many pings: four seconds of them. */
export const rememberedPings = 8;
/** After a lane broke, wait this long to try again, doubling up to the longest. */
export const reconnectFirstMs = 50;
export const reconnectLongestMs = 500;

/** A frame is at least this long if there are bytes to fill it: below it headers and system calls dominate. */
export const frameBytesMin = 16 * KiB;
/** Time on the wire for one frame: acknowledgements come frame by frame, so this is how finely the drain is seen. */
export const frameMs = 2;
/**
 * How many of them wait in a stream: one to send, one behind it, since what waits is hidden from QEMU's estimate of the
 * blackout. A disk's mirror makes no such estimate, and has more than this under way anyway; here it waits where it
 * keeps the link busy while the next batch is read and compressed.
 */
export const framesAhead = { disk: 12, other: 2 };
/** How often the encoder of memory is told what the link drains: several frames, and soon enough for the first round. */
export const linkLookMs = 100;
/** Of encoded memory that is being applied at once: a few batches, so that none waits for the one before to be done. */
export const decodingBytesMax = 4 * MiB;
/** Even the slowest link keeps this much on the way, or it would stall between two acknowledgements. */
export const windowBytesMin = 256 * KiB;
