// How a call ends, as gRPC's trailers say it.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Status, Status-Message)
import type { Problem } from "../../core/errors.ts";

/** TensorFlow Serving cuts messages off here (grpc_status_util.cc). */
const MAX_MESSAGE_CHARACTERS = 1024;
const CUT_OFF = "...TRUNCATED";

/** The trailers of a call that went wrong. */
export function statusTrailers(problem: Problem): Record<string, string> {
  const { message } = problem;
  const text =
    message.length > MAX_MESSAGE_CHARACTERS ? message.slice(0, MAX_MESSAGE_CHARACTERS) + CUT_OFF : message;
  return { "grpc-status": String(problem.row.grpc), "grpc-message": percentEncoded(text) };
}

export const OK_TRAILERS: Readonly<Record<string, string>> = { "grpc-status": "0" };

/** Printable ASCII stays, but for the percent sign; every other byte of the UTF-8 becomes %XX. */
export function percentEncoded(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
