// What the handlers of TensorFlow Serving's protocols work on.
import type { ModelServerConfig } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { Problem } from "../../core/errors.ts";
import type { Models } from "../manager/manager.ts";
import type { RequestListener } from "../metrics/request-metrics.ts";

export interface ServingContext {
  readonly models: Models;
  /** Told of each request, for metrics. */
  readonly requests?: RequestListener | undefined;
  /** --tf_serving_strict: as TensorFlow Serving does it, also where we do otherwise on purpose. */
  readonly strict?: boolean | undefined;
  /** --enable_signature_method_name_check */
  readonly checkMethodNames?: boolean | undefined;
}

export interface RestContext extends ServingContext {
  /** Milliseconds that a prediction may run; undefined is no limit. */
  readonly timeoutMs?: number | undefined;
  /** Larger bodies are refused; TensorFlow Serving has no limit of its own. */
  readonly maxBodyBytes?: number | undefined;
  /** Whether pages of other origins may call (--rest_api_enable_cors_support). */
  readonly enableCors?: boolean | undefined;
  /** Whether answers are compressed for clients that take it; TensorFlow Serving never does. */
  readonly compress?: boolean | undefined;
}

export interface GrpcContext extends ServingContext {
  /** Whether answers carry tensors as bytes (--enable_serialization_as_tensor_content) in place of typed fields. */
  readonly tensorContent?: boolean | undefined;
}

/** Replaces the configuration; what went wrong comes back. */
export type Reload = (config: ModelServerConfig, waitMs?: number) => Promise<readonly Problem[]>;

/** As much as one typed array of float32 can use and JSON text of it can take. */
export const DEFAULT_MAX_BODY_BYTES = 16 * 2 ** 30;
