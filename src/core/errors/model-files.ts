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
} as const satisfies Record<string, ErrorRow>;
