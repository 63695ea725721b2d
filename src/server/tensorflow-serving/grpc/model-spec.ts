// ModelSpec as the generated messages have it.
import type { ModelSpec } from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { WireModelSpec } from "./predict-request.ts";

/** The same, as the rest of the server has it. */
export function wireModelSpec({ name, versionChoice, signatureName }: ModelSpec): WireModelSpec {
  const version = versionChoice.case === "version" ? versionChoice.value.value : undefined;
  const label = versionChoice.case === "versionLabel" ? versionChoice.value : undefined;
  return { name, version, label, signatureName };
}
