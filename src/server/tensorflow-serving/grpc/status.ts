// ModelService.GetModelStatus: which versions there are, and their states.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GetModelStatusRequestSchema,
  GetModelStatusResponseSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { parseMessage } from "../../grpc/parse-message.ts";
import type { ServableState } from "../../manager/servable.ts";
import type { GrpcContext } from "../context.ts";
import { modelStatus } from "../model-status.ts";
import { wireModelSpec } from "./model-spec.ts";

/** ModelVersionStatus.State. */
const STATES: Readonly<Record<ServableState, number>> = {
  START: 10,
  LOADING: 20,
  AVAILABLE: 30,
  UNLOADING: 40,
  END: 50,
};

/** Answers a GetModelStatus call. */
export async function statusOverGrpc(context: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  const request = parseMessage(GetModelStatusRequestSchema, call.message);
  if (request instanceof Problem) return request;
  if (!request.modelSpec) return problem("MODEL_SPEC_MISSING", {});
  const versions = modelStatus(context, wireModelSpec(request.modelSpec));
  if (versions instanceof Problem) return versions;
  const modelVersionStatus = versions.map((status) => ({
    version: status.version,
    state: STATES[status.state],
    status: { errorCode: status.problem?.row.grpc ?? 0, errorMessage: status.problem?.message ?? "" },
  }));
  const response = create(GetModelStatusResponseSchema, { modelVersionStatus });
  return [toBinary(GetModelStatusResponseSchema, response)];
}
