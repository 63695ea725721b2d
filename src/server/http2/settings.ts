// SETTINGS: what the client wants, and what we say.
// Source: RFC 9113, 6.5.
import {
  CONNECTION_WINDOW_BYTES,
  HEADER_TABLE_BYTES,
  MAX_FRAME_BYTES,
  MAX_HEADER_LIST_BYTES,
  MAX_SETTINGS,
  STREAM_WINDOW_BYTES,
} from "./limits.ts";
import {
  ConnectionError,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  MAX_31_BITS,
  PROTOCOL_ERROR,
  readUint32,
  SETTINGS,
  WINDOW_UPDATE,
  writeFrameHeader,
  writeUint32,
} from "./protocol.ts";

/** The window of a connection, and of a stream until settings say otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535;
const DEFAULT_FRAME_BYTES = 16_384;
const LARGEST_FRAME_BYTES = 2 ** 24 - 1;
const SETTING_BYTES = 6;

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const FRAME_SIZE = 5;
const HEADER_LIST_SIZE = 6;

/** What the client lets us do. */
export class PeerSettings {
  initialWindowBytes = DEFAULT_WINDOW_BYTES;
  maxFrameBytes = DEFAULT_FRAME_BYTES;
  headerTableBytes = HEADER_TABLE_BYTES;

  /** Takes a frame's settings, in order. Throws ConnectionError. */
  apply(payload: Uint8Array): void {
    if (payload.length % SETTING_BYTES !== 0)
      throw new ConnectionError(FRAME_SIZE_ERROR, "settings are cut off");
    if (payload.length > MAX_SETTINGS * SETTING_BYTES)
      throw new ConnectionError(ENHANCE_YOUR_CALM, "too many settings");
    for (let at = 0; at < payload.length; at += SETTING_BYTES) {
      this.#set(((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0), readUint32(payload, at + 2));
    }
  }

  #set(setting: number, value: number): void {
    if (setting === HEADER_TABLE_SIZE) this.headerTableBytes = value;
    else if (setting === ENABLE_PUSH && value > 1) {
      throw new ConnectionError(PROTOCOL_ERROR, `ENABLE_PUSH is ${value}`);
    } else if (setting === INITIAL_WINDOW_SIZE) {
      if (value > MAX_31_BITS) throw new ConnectionError(FLOW_CONTROL_ERROR, `a window of ${value} bytes`);
      this.initialWindowBytes = value;
    } else if (setting === FRAME_SIZE) {
      if (value < DEFAULT_FRAME_BYTES || value > LARGEST_FRAME_BYTES) {
        throw new ConnectionError(PROTOCOL_ERROR, `frames of ${value} bytes`);
      }
      this.maxFrameBytes = value;
    }
  }
}

/** What a server begins with: its settings, and the connection's window. */
export function greeting(maxConcurrentStreams: number): Uint8Array {
  const settings = [
    [CONCURRENT_STREAMS, maxConcurrentStreams],
    [INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
    [FRAME_SIZE, MAX_FRAME_BYTES],
    [HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES],
  ] as const;
  const length = settings.length * SETTING_BYTES;
  const bytes = new Uint8Array(9 + length + 13);
  writeFrameHeader(bytes, 0, length, SETTINGS, 0, 0);
  for (const [index, [setting, value]] of settings.entries()) {
    bytes[9 + index * SETTING_BYTES + 1] = setting;
    writeUint32(bytes, 9 + index * SETTING_BYTES + 2, value);
  }
  writeFrameHeader(bytes, 9 + length, 4, WINDOW_UPDATE, 0, 0);
  writeUint32(bytes, 9 + length + 9, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  return bytes;
}
