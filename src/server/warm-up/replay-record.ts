// One record of a warm-up file: a PredictionLog, whose request is run on the version that was just loaded, whatever
// model and version it names.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClassificationRequestSchema,
  MultiInferenceRequestSchema,
  type PredictionLog,
  PredictionLogSchema,
  PredictRequestSchema,
  RegressionRequestSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { fail, Problem, problem, raise } from "../../core/errors.ts";
import type { LoadedModel } from "../../engine/engine.ts";
import type { LoadedPlace } from "../manager/manager.ts";
import type { ServableHandle } from "../manager/servable.ts";
import { DEFAULT_SIGNATURE, predict } from "../predict/predict.ts";
import { inSlices } from "../slices.ts";
import { runExamples } from "../tensorflow-serving/examples/run-examples.ts";
import { type Method, methodOf } from "../tensorflow-serving/examples/signatures.ts";
import {
  decodeExamplesRequest,
  decodeMultiInferenceRequest,
} from "../tensorflow-serving/grpc/examples-request.ts";
import { decodePredictRequest } from "../tensorflow-serving/grpc/predict-request.ts";

/** Field numbers of what a server cannot replay. */
const UNSUPPORTED = { sessionRunLog: 5, predictStreamedLog: 7 } as const;
/** The beginning of a record that is none is quoted. */
const MAX_QUOTED_BYTES = 64;

/** Runs the record's request. Throws if it fails, or if the record is none. */
export async function replayRecord(
  record: Uint8Array,
  path: string,
  loaded: LoadedModel,
  place: LoadedPlace,
): Promise<void> {
  const { logType } = parse(record, path);
  const handle = unheld(loaded, place);
  switch (logType.case) {
    case undefined:
      return;
    case "sessionRunLog":
    case "predictStreamedLog":
      fail("WARMUP_LOG_TYPE", { type: UNSUPPORTED[logType.case] });
      return;
    case "predictLog":
      if (logType.value.request) {
        await replayPredict(handle, toBinary(PredictRequestSchema, logType.value.request));
      }
      return;
    case "classifyLog":
      if (logType.value.request) {
        await replayExamples(
          handle,
          "classify",
          toBinary(ClassificationRequestSchema, logType.value.request),
        );
      }
      return;
    case "regressLog":
      if (logType.value.request) {
        await replayExamples(handle, "regress", toBinary(RegressionRequestSchema, logType.value.request));
      }
      return;
    case "multiInferenceLog":
      if (logType.value.request) {
        await replayTasks(handle, toBinary(MultiInferenceRequestSchema, logType.value.request));
      }
  }
}

function parse(record: Uint8Array, path: string): PredictionLog {
  try {
    return fromBinary(PredictionLogSchema, record);
  } catch (error) {
    const quoted = Buffer.from(record.subarray(0, MAX_QUOTED_BYTES)).toString("latin1");
    return fail("WARMUP_UNPARSABLE", { record: quoted, path }, error);
  }
}

/** A version that nobody can take away yet needs no holding. */
function unheld(loaded: LoadedModel, { model, version }: LoadedPlace): ServableHandle {
  const handle: ServableHandle = { model, version, loaded, release: () => undefined, share: () => handle };
  return handle;
}

async function replayPredict(handle: ServableHandle, bytes: Uint8Array): Promise<void> {
  const { modelSpec, inputs, outputFilter } = await inSlices(decodePredictRequest(bytes));
  const name = modelSpec?.signatureName || DEFAULT_SIGNATURE;
  const signature = handle.loaded.signatures.get(name) ?? fail("SIGNATURE_NOT_FOUND", { signature: name });
  raiseIf(await predict(handle, { signature, inputs, outputFilter }, {}));
}

async function replayExamples(handle: ServableHandle, method: Method, bytes: Uint8Array): Promise<void> {
  const { modelSpec, examples } = decodeExamplesRequest(bytes);
  raiseIf(await runExamples(handle, { method, signatureName: modelSpec?.signatureName ?? "", examples }, {}));
}

async function replayTasks(handle: ServableHandle, bytes: Uint8Array): Promise<void> {
  const { tasks, examples } = decodeMultiInferenceRequest(bytes);
  for (const { modelSpec, methodName } of tasks) {
    const method = methodOf(methodName) ?? problem("MULTI_METHOD", { method: methodName });
    if (method instanceof Problem) raise([method]);
    else {
      const request = { method, signatureName: modelSpec?.signatureName ?? "", examples };
      raiseIf(await runExamples(handle, request, {}));
    }
  }
}

function raiseIf(result: unknown): void {
  if (result instanceof Problem) raise([result]);
}
