// Directories and files that cannot be written.
import type { ErrorRow } from "./row.ts";

export const OUTPUT_ERRORS = {
  OUTPUT_DENIED: {
    exit: 1,
    http: 500,
    grpc: 7,
    text: "{path}: cannot be written ({reason}); choose a directory you may write to",
  },
  OUTPUT_EXISTS: {
    exit: 1,
    http: 409,
    grpc: 6,
    text: 'Output file {file} already exists. Add "--overwrite" to overwrite the existing output files.',
  },
  NUMBERS_DIFFER: {
    exit: 5,
    http: 500,
    grpc: 13,
    text: "{model}: {count} of {total} outputs differ from {file}; nothing was written",
  },
  OUTPUT_FULL: {
    exit: 1,
    http: 507,
    grpc: 8,
    text: "{path}: the disk is full ({reason}) and nothing was written; make room or choose another directory",
  },
  OUTPUT_FAILED: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "{path}: cannot be written ({reason}); nothing was left behind",
  },
  VERSION_EXISTS: {
    exit: 2,
    http: 409,
    grpc: 6,
    text: "{path}: this version is already there and versions are never changed; choose another number, or none for the next free one",
  },
} as const satisfies Record<string, ErrorRow>;
