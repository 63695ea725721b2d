// ModelService.HandleReloadConfigRequest: replaces the whole configuration.
// Rules and messages: TensorFlow Serving's model_service_impl.cc. A failure is the call's status; clients of gRPC do not
// see the message that would repeat it. There is no metric to report an increase of.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  ReloadConfigRequestSchema,
  ReloadConfigResponseSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcUnaryMethod } from "../../grpc/call.ts";
import { parseMessage } from "../../grpc/parse-message.ts";
import type { Reload } from "../context.ts";

/** The method. It waits as long as the call's deadline allows. */
export function reloadOverGrpc(reload: Reload): GrpcUnaryMethod["handle"] {
  return async ({ message, timeoutMs }) => {
    const request = parseMessage(ReloadConfigRequestSchema, message);
    if (request instanceof Problem) return request;
    const { config } = request;
    if (config?.config.case !== "modelConfigList") return problem("RELOAD_NOT_A_LIST", {});
    const failures = await reload(config, timeoutMs);
    const [first] = failures;
    if (first)
      return failures.length === 1 ? first : problem("RELOAD_REFUSED", { reasons: textOf(failures) });
    const response = create(ReloadConfigResponseSchema, { status: { errorCode: 0 } });
    return [toBinary(ReloadConfigResponseSchema, response)];
  };
}

function textOf(failures: readonly Problem[]): string {
  return failures.map((failure) => failure.message).join("; ");
}
