// Files that are sound, but of a kind that holds no graph to convert, or that is not read yet: what they are, what is
// wanted, what to do.
import type { ErrorRow } from "./row.ts";

export const OTHER_KIND_ERRORS = {
  CHECKPOINT_NOT_A_MODEL: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a state_dict or checkpoint of torch.save ({tensors}): weights by name, without the graph that uses them; a .pt2 or .onnx file is wanted; in Python, load it into its model, take an example batch x of 2 or more, and run:{lines}",
  },
  MODULE_PICKLE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a pickled {module} ({tensors}): it refers to Python code for its graph; a .pt2 or .onnx file is wanted; in Python, model = torch.load(file, weights_only=False), take an example batch x of 2 or more, and run:{lines}",
  },
  LEGACY_TORCH_SAVE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: written by torch.save of PyTorch before 1.6 ({tensors}): weights without a graph; a .pt2 or .onnx file is wanted; in Python, load it into its model, take an example batch x of 2 or more, and run:{lines}",
  },
  SAFETENSORS: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a safetensors file ({tensors}): weights by name, without the graph that uses them; a .pt2 or .onnx file is wanted; in Python, load it into its model, take an example batch x of 2 or more, and run:{lines}",
  },
  AOTINDUCTOR_PACKAGE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: '{file}: an AOTInductor package ({model}): compiled code for one machine, without a graph; the .pt2 of torch.export.save is wanted; save the ExportedProgram from which it was compiled: torch.export.save(program, "model.pt2")',
  },
  EXECUTORCH_PROGRAM: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: '{file}: an ExecuTorch program (.pte), compiled for devices; a .pt2 or .onnx file is wanted; save the ExportedProgram from which it was lowered: torch.export.save(program, "model.pt2")',
  },
  MOBILE_FLATBUFFER: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a TorchScript model for mobile as a flatbuffer (.ptl); a .pt2 or .onnx file is wanted; export the nn.Module that it was made from with torch.export.export and torch.export.save",
  },
  MODEL_ARCHIVE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a TorchServe archive (.mar) with {inside}; a .pt2 or .onnx file is wanted; take the model out of it (it is a zip archive) and convert that",
  },
  TORCH_PACKAGE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a torch.package archive: a model with its Python sources; a .pt2 or .onnx file is wanted; load it in Python with torch.package.PackageImporter and export the model with torch.export.export and torch.export.save",
  },
  TEXT_NOT_A_MODEL: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {found}; a .pt2 or .onnx file is wanted; {hint}",
  },
  EMPTY_FILE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: the file is empty; a .pt2 or .onnx file is wanted; copy or download it again",
  },
  ZIP_WITHOUT_MODEL: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a zip archive without a model ({found}); the .pt2 of torch.export.save is wanted; check the path",
  },
  OTHER_FORMAT: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {found}; a .pt2 or .onnx file is wanted; export the model with torch.export.save or torch.onnx.export",
  },
  UNKNOWN_FORMAT: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: of no known kind (it begins with the bytes {bytes}); a .pt2 or .onnx file is wanted; check the path, or export the model with torch.export.save",
  },
} as const satisfies Record<string, ErrorRow>;
