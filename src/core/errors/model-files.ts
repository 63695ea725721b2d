// Model files: broken inside, or of a kind that holds no graph to convert.
import type { ErrorRow } from "./row.ts";

export const MODEL_FILE_ERRORS = {
  PT2_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {where} is {found}; {wanted} is wanted; the file is damaged or written by an unknown version of PyTorch: save it again with torch.export.save",
  },
  PT2_MODEL_CHOICE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: holds {found}; {wanted}; choose one of: {models}",
  },
  PT2_WEIGHT_MISSING: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: weight '{weight}' is used by the graph but {found}; the file is incomplete: save it again with torch.export.save",
  },
  PT2_TENSOR_SUBCLASS: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: weight '{weight}' is {found}; a plain tensor is wanted; call exported_program.run_decompositions() before torch.export.save",
  },
  ONNX_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: not a sound ONNX model: {found}; check it with onnx.checker, export it again, or download it again, whole",
  },
  ONNX_TENSOR: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: tensor '{tensor}' {found}; {wanted}; export the model again",
  },
  ONNX_EXTERNAL_DATA: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: tensor '{tensor}' keeps its contents in '{location}': {found}; put the whole file beside the model, or save the model with its weights inside",
  },
  ONNX_OPSET: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: uses operator set {opset}; {wanted} is wanted; export the model again with opset_version=20, or use onnx.version_converter",
  },
  ONNX_OLD_FORM: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {operator} '{node}' of opset {opset} {found}, which has no equal in opset 21; export the model again with opset_version=20",
  },
} as const satisfies Record<string, ErrorRow>;
