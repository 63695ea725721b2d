// The Open Inference Protocol's REST and gRPC as one protocol of the server.
import { file_open_inference } from "../../bytes/protobuf/generated/open_inference_pb.ts";
import type { Protocol } from "../protocol.ts";
import type { OpenInferenceContext } from "./context.ts";
import { openInferenceControlMethods, openInferenceMethods } from "./grpc/route.ts";
import { openInferenceControl, openInferenceRest } from "./rest/handle.ts";

/** Its routes. */
export function openInference(context: OpenInferenceContext): Protocol {
  return {
    serving: { rest: openInferenceRest(context), grpc: openInferenceMethods(context) },
    admin: { rest: [openInferenceControl(context)], grpc: openInferenceControlMethods(context) },
    files: [file_open_inference],
  };
}
