// Opens a session on a SavedModel, off the event loop: variables are restored and tables filled by then.
// Not here: running and releasing (tf-session.ts).
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { onThread } from "../native/c-function.ts";
import { addressOf } from "../native/foreign-functions.ts";
import { checked, checkedLater, type TensorFlowRuntime } from "./runtime.ts";
import type { OpenSession } from "./tf-session.ts";

export interface SessionThreads {
  /** Threads inside one operator; the first session of a process sets them for all. */
  readonly intraOp: number;
  /** Threads that run operators beside each other; negative runs all on the thread of the call. */
  readonly interOp: number;
  /** What else the session is told: a ConfigProto, encoded. */
  readonly config?: Uint8Array | undefined;
}

/** Throws TensorFlowFailure. */
export async function openSession(
  runtime: TensorFlowRuntime,
  directory: string,
  tags: readonly string[],
  threads: SessionThreads,
): Promise<OpenSession> {
  const { tf } = runtime;
  const options = tf.newSessionOptions();
  const graph = tf.newGraph();
  const names = cStrings(tags);
  try {
    const config = configProto(threads);
    checked(runtime, (status) => tf.setConfig(options, config, config.byteLength, status));
    const session = await checkedLater(runtime, (status) =>
      onThread(tf.loadSession, options, null, directory, names.pointers, tags.length, graph, null, status),
    );
    return { session: session ?? 0n, graph: graph ?? 0n };
  } catch (error) {
    tf.deleteGraph(graph);
    throw error;
  } finally {
    tf.deleteSessionOptions(options);
    names.texts.length = 0; // held until here
  }
}

/** ConfigProto: intra_op_parallelism_threads = 2, inter_op_parallelism_threads = 5, allow_soft_placement = 7. */
function configProto({ intraOp, interOp, config = new Uint8Array() }: SessionThreads): Uint8Array {
  const writer = new BinaryWriter().raw(config); // of a field that comes twice the last one counts
  writer.tag(2, WireType.Varint).int32(intraOp);
  writer.tag(5, WireType.Varint).int32(interOp);
  writer.tag(7, WireType.Varint).bool(true); // as TensorFlow Serving: a graph made on a GPU runs here too
  return writer.finish();
}

/** An array of zero-terminated texts. */
function cStrings(texts: readonly string[]): {
  readonly pointers: BigUint64Array;
  readonly texts: Uint8Array[];
} {
  const held = texts.map((text) => {
    const bytes = new TextEncoder().encode(text);
    const terminated = new Uint8Array(new ArrayBuffer(bytes.byteLength + 1));
    terminated.set(bytes);
    return terminated;
  });
  const pointers = new BigUint64Array(new ArrayBuffer(8 * Math.max(1, held.length)));
  for (const [index, bytes] of held.entries()) pointers[index] = addressOf(bytes);
  return { pointers, texts: held };
}
