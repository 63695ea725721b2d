// GRPCInferenceService.ModelStreamInfer: any number of requests and one answer for each, in the order of the requests.
// Source: Triton's inference_protocols.md (ModelStreamInfer). A request that fails is an answer with error_message, and
// the stream goes on; with the header `triton_grpc_error: true` it ends the stream with a status.
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcReply } from "../../grpc/call.ts";
import { BYTES, WireWriter } from "../../grpc/wire.ts";
import type { OpenInferenceContext } from "../context.ts";
import { inOrder } from "./in-order.ts";
import { decodeRequest, inferRequest } from "./infer.ts";
import { encodeInferResponse } from "./infer-response.ts";

/** Requests of one stream that are run beside each other; more wait with the client. */
const MAX_AT_ONCE = 8;

/** Answers the stream's requests. */
export async function* streamInferOverGrpc(
  context: OpenInferenceContext,
  messages: AsyncIterable<Uint8Array>,
  gone: AbortSignal,
  header: (name: string) => string | undefined = () => undefined,
): AsyncGenerator<GrpcReply> {
  const endsWithStatus = header("triton_grpc_error") === "true";
  // One listener for all requests of the stream, which may be many; each is forgotten when it is answered.
  const running = new Set<() => void>();
  const cancelAll = (): void => {
    for (const cancel of running) cancel();
  };
  gone.addEventListener("abort", cancelAll, { once: true });
  const work = (message: Uint8Array): Promise<Answer> => answer(context, message, running);
  for await (const { reply, whenWrong } of inOrder(messages, work, MAX_AT_ONCE)) {
    if (!(reply instanceof Problem)) yield field(2, reply);
    else if (endsWithStatus) {
      yield reply;
      return;
    } else {
      const text = new WireWriter().tag(1, BYTES).text(reply.message).finish();
      yield [text, ...field(2, whenWrong)];
    }
  }
}

interface Answer {
  readonly reply: GrpcReply;
  /** What tells the client which request went wrong. */
  readonly whenWrong: readonly Uint8Array[];
}

async function answer(
  context: OpenInferenceContext,
  message: Uint8Array,
  running: Set<() => void>,
): Promise<Answer> {
  const request = decodeRequest(message);
  if (request instanceof Problem) return { reply: request, whenWrong: [] };
  const { name: model, version, id } = request;
  const whenWrong = encodeInferResponse({ model, version, id, marksFinal: false, outputs: [] });
  let cancel: (() => void) | undefined;
  const onCancel = (callback: () => void): void => {
    cancel = callback;
    running.add(callback);
  };
  const reply = await inferRequest(context, request, { onCancel }).catch((error: unknown) =>
    problem("SERVER_INTERNAL", { reason: error instanceof Error ? error.message : String(error) }, error),
  );
  if (cancel) running.delete(cancel);
  return { reply, whenWrong };
}

/** A message as a field of another. */
function field(number: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [new WireWriter().tag(number, BYTES).varint(length).finish(), ...pieces];
}
