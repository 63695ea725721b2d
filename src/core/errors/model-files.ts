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
  TORCHSCRIPT_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {where} {found}; an archive as torch.jit.save writes it is wanted; copy or download it again, or save it anew",
  },
  TORCHSCRIPT_INPUTS: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: {found}; the element type and sizes of every input are wanted, since TorchScript's code does not tell them; add: {flags}",
  },
  TORCHSCRIPT_UNFOLLOWED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: at {where}: {found}; {action}",
  },
  TORCHSCRIPT_OPTIMIZED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: written after torch.jit.optimize_for_inference or optimize_for_mobile ({found}), which packs the weights for one kernel or leaves them out of the file; a model without that step is wanted; save it before optimize_for_inference",
  },
  TORCHSCRIPT_QUANTIZED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: quantised with packed parameters ({found}), which only PyTorch's kernels can unpack; a float model is wanted; save the model before torch.ao.quantization.convert, or quantise it through torch.export",
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
