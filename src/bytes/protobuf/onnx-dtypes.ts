// ONNX's numbers for element types, where the code that reads and writes messages looks for them.
export { ONNX_DTYPES, onnxNumber } from "../../tensor/onnx-dtypes.ts";
