// The model that a request names, read without decoding the rest: field 1 of Predict, Classify and Regress requests is
// their ModelSpec, and writers put it first.
import { WireError, WireReader } from "../../grpc/wire.ts";
import { decodeModelSpec } from "./predict-request.ts";

/** The name; "" if there is none, or if the message cannot be read. */
export function modelNameOf(message: Uint8Array): string {
  try {
    const reader = new WireReader(message);
    while (!reader.atEnd) {
      const tag = reader.varint();
      if (tag === 10) return decodeModelSpec(reader.message()).name;
      reader.skip(tag);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return "";
}
