// What one connection may ask for, each with its reason. Clients are not trusted.
// Past a limit that an honest client cannot reach the connection ends with ENHANCE_YOUR_CALM or PROTOCOL_ERROR.

/** What one stream may send before it waits; the standard's 64 kB would make a 600 kB message wait nine times. */
export const STREAM_WINDOW_BYTES = 8 * 2 ** 20;
/** What all streams of a connection may send before they wait. */
export const CONNECTION_WINDOW_BYTES = 64 * 2 ** 20;
/** A message of some hundred kB is one frame, which can be read to where it will lie. */
export const MAX_FRAME_BYTES = 2 ** 20;
/** Calls that one connection may have in flight; more wait with the client. */
export const MAX_CONCURRENT_STREAMS = 1024;
/** A call's headers, each counted with the 32 bytes that HPACK counts; what Node takes. A call with more is refused. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024;
/**
 * Headers as they are sent, over all CONTINUATION frames. Those of a call that is refused are read too, so that the
 * connection and its other calls go on; past this they cost more than the connection is worth.
 */
export const MAX_HEADER_BLOCK_BYTES = 4 * MAX_HEADER_LIST_BYTES;
/** Frames other than DATA are kept whole until they are read; none but HEADERS comes near this. */
export const MAX_CONTROL_FRAME_BYTES = MAX_HEADER_BLOCK_BYTES;
/** Frames that one call's headers may be spread over: frames of a few bytes cost as much as large ones. */
export const MAX_CONTINUATION_FRAMES = 64;
/** HPACK's default, which is never changed. */
export const HEADER_TABLE_BYTES = 4096;
/** Settings in one frame; there are fewer than ten. */
export const MAX_SETTINGS = 32;
/** Calls that a client may give up before they are answered, and how many more each second (CVE-2023-44487). */
export const RESETS = { burst: 1000, perSecond: 100 } as const;
/**
 * Frames that bring nothing on: PING, SETTINGS, PRIORITY, empty DATA, WINDOW_UPDATE of a few bytes. A new call and data
 * begin the count anew, since busy clients measure their line with a PING a round trip.
 */
export const IDLE_FRAMES = { burst: 1000, perSecond: 100 } as const;
/** A WINDOW_UPDATE below this makes the answer trickle; an honest client lets frames of some kB through. */
export const SMALL_UPDATE_BYTES = 1024;
/** Answers to PING and SETTINGS, and resets, that wait because the client does not read. */
export const MAX_WAITING_CONTROL_BYTES = 64 * 1024;
/** Streams that ended lately and are remembered, to tell what is late from what is wrong. */
export const REMEMBERED_STREAMS = 256;
