// Messages off the hot path, by the library.
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { type Problem, problem } from "../../core/errors.ts";

/** The message, or why the bytes are none. */
export function parseMessage<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
): MessageShape<Desc> | Problem {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return problem("GRPC_UNPARSABLE", { message: schema.name, reason }, error);
  }
}
