// Leaves the graphs out of a saved_model.pb, so that reading its signatures takes no longer for a large model: decoding
// thousands of nodes would hold a server's event loop while it answers for another version.
// Source: saved_model.proto (meta_graphs = 2), meta_graph.proto (graph_def = 2, collection_def = 4, object_graph_def = 7).
// Not here: decoding what is left (read-saved-model.ts).
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

const META_GRAPHS = 2;
const GRAPHS_OF_A_META_GRAPH: ReadonlySet<number> = new Set([2, 4, 7]);

/** The message without its graphs; bytes that are no such message come back as they are, for the decoder to refuse. */
export function withoutGraphs(savedModel: Uint8Array): Uint8Array {
  try {
    return mapFields(savedModel, (field, bytes) =>
      field === META_GRAPHS
        ? mapFields(bytes, (inner, value) => (GRAPHS_OF_A_META_GRAPH.has(inner) ? undefined : value))
        : bytes,
    );
  } catch {
    return savedModel; // the decoder says what is wrong
  }
}

/** Copies a message with each of its length-delimited fields changed, or left out where `change` gives undefined. */
function mapFields(
  message: Uint8Array,
  change: (field: number, bytes: Uint8Array) => Uint8Array | undefined,
): Uint8Array {
  const reader = new BinaryReader(message);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited) {
      writer.tag(field, wireType).raw(reader.skip(wireType, field));
      continue;
    }
    const changed = change(field, reader.bytes());
    if (changed) writer.tag(field, wireType).bytes(changed);
  }
  return writer.finish();
}
