// Frames as a client writes them, and as it reads them, for tests.
import * as h2 from "../protocol.ts";

/** One frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array | readonly number[] = [],
): Buffer {
  const bytes = Buffer.alloc(h2.FRAME_HEADER_BYTES + payload.length);
  h2.writeFrameHeader(bytes, 0, payload.length, type, flags, stream);
  bytes.set(payload, h2.FRAME_HEADER_BYTES);
  return bytes;
}

/** Four bytes, the highest first. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Each setting by its number. */
export function settings(...all: readonly (readonly [setting: number, value: number])[]): Buffer {
  const payload = all.flatMap(([setting, value]) => [0, setting, ...word(value)]);
  return frame(h2.SETTINGS, 0, 0, payload);
}

/** What every client begins with. */
export const HELLO = Buffer.concat([h2.PREFACE, settings()]);

/** Fields that are not compressed and not remembered. */
export function block(...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string): Buffer => {
    if (value.length < 127) return Buffer.from([value.length, ...Buffer.from(value, "latin1")]);
    const bytes = [127];
    let rest = value.length - 127;
    for (; rest >= 128; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    return Buffer.concat([Buffer.from([...bytes, rest]), Buffer.from(value, "latin1")]);
  };
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export const REQUEST: readonly (readonly [string, string])[] = [
  [":method", "POST"],
  [":scheme", "http"],
  [":path", "/a"],
];

/** A call's HEADERS. */
export function headers(stream: number, flags = h2.END_HEADERS, fields = REQUEST): Buffer {
  return frame(h2.HEADERS, flags, stream, block(...fields));
}

export interface ReadFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Whole frames, one after the other. */
export function readFrames(pieces: readonly Uint8Array[]): ReadFrame[] {
  const bytes = Buffer.concat(pieces);
  const frames: ReadFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const start = at + h2.FRAME_HEADER_BYTES;
    if (start + length > bytes.length) throw new Error("a frame is cut off");
    frames.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return frames;
}
