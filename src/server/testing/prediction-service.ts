// The calls of tensorflow.serving's gRPC services on a manager, as messages in and out, without a port.
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  ClassificationRequestSchema,
  ClassificationResponseSchema,
  GetModelMetadataRequestSchema,
  GetModelMetadataResponseSchema,
  GetModelStatusRequestSchema,
  GetModelStatusResponseSchema,
  MultiInferenceRequestSchema,
  MultiInferenceResponseSchema,
  PredictRequestSchema,
  PredictResponseSchema,
  RegressionRequestSchema,
  RegressionResponseSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem } from "../../core/errors.ts";
import type { Models } from "../manager/manager.ts";
import { tensorflowServingMethods } from "../tensorflow-serving/grpc/route.ts";

/** What a call was refused with: gRPC's status code and the message. */
export type Refusal = readonly [code: number, message: string];

/** Whether a call was refused. */
export function isRefusal(answer: unknown): answer is Refusal {
  return Array.isArray(answer);
}

/** The calls; each gives the response or what it was refused with. */
export function predictionService(models: Models, options: { readonly checkMethodNames?: boolean } = {}) {
  const methods = tensorflowServingMethods({ models, ...options });
  const call =
    <Asked extends DescMessage, Answered extends DescMessage>(
      path: string,
      asked: Asked,
      answered: Answered,
    ) =>
    async (request: MessageInitShape<Asked>): Promise<MessageShape<Answered> | Refusal> => {
      const method = methods.get(`/tensorflow.serving.${path}`);
      if (!method || !("handle" in method)) throw new Error(`${path} is not served`);
      const message = toBinary(asked, create(asked, request));
      const reply = await method.handle({ message, timeoutMs: undefined });
      return reply instanceof Problem
        ? [reply.row.grpc, reply.message]
        : fromBinary(answered, Buffer.concat(reply));
    };
  return {
    predict: call("PredictionService/Predict", PredictRequestSchema, PredictResponseSchema),
    classify: call("PredictionService/Classify", ClassificationRequestSchema, ClassificationResponseSchema),
    regress: call("PredictionService/Regress", RegressionRequestSchema, RegressionResponseSchema),
    multiInference: call(
      "PredictionService/MultiInference",
      MultiInferenceRequestSchema,
      MultiInferenceResponseSchema,
    ),
    metadata: call(
      "PredictionService/GetModelMetadata",
      GetModelMetadataRequestSchema,
      GetModelMetadataResponseSchema,
    ),
    status: call("ModelService/GetModelStatus", GetModelStatusRequestSchema, GetModelStatusResponseSchema),
  };
}
