// torchferry as a library.

export type { ConvertedModel, Endpoint } from "./convert.ts";
export { type ConvertFileOptions as ConvertOptions, convertFile as convert } from "./convert-file.ts";
export { type ErrorCode, FerryError, type Problem } from "./core/errors.ts";
export {
  type Config,
  defineConfig,
  type OnnxAttribute,
  type OnnxAttributes,
  type OnnxBuilder,
  type OnnxCall,
  type OnnxOperator,
  type OnnxTypes,
  type OnnxValue,
  type Size,
  type TensorFlowAttribute,
  type TensorFlowBuilder,
  type TensorFlowCall,
  type TensorFlowOperator,
  type TensorFlowValue,
  type TensorType,
  type TorchArguments,
  type TorchCall,
  type TorchOperator,
} from "./custom/config.ts";
export type { ArrayOf, InputTensor, OutputTensor, TensorData } from "./engine/typed-arrays.ts";
export {
  type InputSpec,
  type LoadOptions,
  load,
  type Model,
  type RunOptions,
  type TensorInfo,
} from "./load.ts";
export type { DType } from "./tensor/dtype.ts";
