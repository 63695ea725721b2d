// GET /v1/models/M[/versions/N | /labels/L]: which versions there are, and their states. GET /v1/models: which models.
// Layout: protobuf's JSON of GetModelStatusResponse, indented by one blank, every field printed. The list of models, which
// TensorFlow Serving does not have, is KServe's: https://kserve.github.io/website (V1 protocol).
import { Problem } from "../../../core/errors.ts";
import type { ModelSpec } from "../../manager/manager.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";
import { statusName } from "../../status-names.ts";
import type { RestContext } from "../context.ts";
import { modelStatus } from "../model-status.ts";
import { errorResponse } from "./errors.ts";

/** The names of all models. */
export function modelsOverRest({ models }: RestContext): RestResponse {
  return jsonResponse(200, `${JSON.stringify({ models: models.names }, undefined, 1)}\n`);
}

/** The states of a model's versions. */
export function statusOverRest(context: RestContext, spec: ModelSpec): RestResponse {
  const versions = modelStatus(context, spec);
  if (versions instanceof Problem) return errorResponse(versions);
  const statuses = versions.map(({ version: number, state, problem }) => ({
    version: String(number),
    state,
    status: {
      error_code: problem ? statusName(problem.row.grpc) : "OK",
      error_message: problem?.message ?? "",
    },
  }));
  return jsonResponse(200, `${JSON.stringify({ model_version_status: statuses }, undefined, 1)}\n`);
}
