// GET /v1/models/M[/versions/N]: which versions there are, and their states.
// Layout: protobuf's JSON of GetModelStatusResponse, indented by one blank, every field printed.
import { Problem } from "../../../core/errors.ts";
import type { ModelSpec, Models } from "../../manager/manager.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";
import { statusName } from "../../status-names.ts";
import { modelStatus } from "../model-status.ts";
import { errorResponse } from "./errors.ts";

/** The answer. A label is ignored, as TensorFlow Serving ignores it. */
export function statusOverRest(models: Models, { name, version }: ModelSpec): RestResponse {
  const versions = modelStatus(models, { name, version });
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
