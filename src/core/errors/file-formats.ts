// Files of a known format that are broken, or that use a part of the format which is not read.
import type { ErrorRow } from "./row.ts";

export const FILE_FORMAT_ERRORS = {
  NPY_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {reason}; a .npy file of numpy.save is wanted",
  },
  NPY_UNSUPPORTED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: holds {found}; numbers, booleans or strings are wanted; convert it with numpy's astype and save it again",
  },
  ZIP_TRUNCATED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: begins as a zip archive but ends after {size} bytes without its directory: the file was cut short; copy or download it again, whole",
  },
  ZIP_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: a broken zip archive: {reason}; copy or download the file again, or save it anew",
  },
  ZIP_UNSUPPORTED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: the archive's entry {entry} is {found}; stored or deflated entries are wanted; pack the archive anew",
  },
  PICKLE_MALFORMED: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: {found}; a file of torch.save is wanted; copy or download it again, or save it anew",
  },
} as const satisfies Record<string, ErrorRow>;
