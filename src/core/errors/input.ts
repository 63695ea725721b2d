// Files that cannot be read: missing, truncated, hostile, or of another kind than was hoped for.
import type { ErrorRow } from "./row.ts";

export const INPUT_ERRORS = {
  FILE_NOT_FOUND: { exit: 3, http: 404, grpc: 5, text: "{file}: there is no such file; check the path" },
  FILE_UNREADABLE: {
    exit: 3,
    http: 500,
    grpc: 13,
    text: "{file}: cannot be read ({reason}); check the permissions",
  },
  NOT_A_FILE: { exit: 3, http: 400, grpc: 3, text: "{file}: is a directory, a model file is wanted" },
  EXTERNAL_FILE_REFUSED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: names the weights file {location}, which is refused: {reason}; put a copy beside the model and name it by its plain file name",
  },
  SAVED_MODEL_MISSING: {
    exit: 3,
    http: 404,
    grpc: 5,
    text: "SavedModel file does not exist at: {directory}{hint}",
  },
  SAVED_MODEL_BROKEN: {
    exit: 3,
    http: 500,
    grpc: 13,
    text: "{file}: not a SavedModel: {reason}; convert the model again",
  },
  VERIFY_NOT_NPZ: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: holds a single array; a .npz with inputs and outputs by name is wanted; save one with numpy.savez",
  },
  VERIFY_ARRAY_MISSING: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: has no array for the {what}; it is looked for under {names}; save it with numpy.savez",
  },
} as const satisfies Record<string, ErrorRow>;
