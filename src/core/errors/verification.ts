// What `verify` and `export` have to say: numbers that differ, a Python that is not there, code that fails in it.
import type { ErrorRow } from "./row.ts";

export const VERIFICATION_ERRORS = {
  VERIFY_DIFFERS: {
    exit: 5,
    http: 500,
    grpc: 13,
    text: "{file}: {count} of {total} outputs differ from {reference}",
  },
  VERIFY_NO_SOURCE: {
    exit: 3,
    http: 400,
    grpc: 9,
    text: "{file}: there is nothing to compare with: {reason}; name a Python that has PyTorch with --python or TORCHFERRY_PYTHON, or give recorded inputs and outputs with --with FILE.npz",
  },
  VERIFY_NOTHING_COMPARED: {
    exit: 3,
    http: 400,
    grpc: 9,
    text: "{file}: no output could be compared: {reason}; give inputs that the source takes with --with FILE.npz, --batch-sizes or --sizes",
  },
  VERIFY_INPUT_NOT_GENERATED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: input '{input}' is {found}, for which no values are made up; give some with --with FILE.npz",
  },
  VERIFY_FLOAT16: {
    exit: 2,
    http: 400,
    grpc: 9,
    text: "{file}: there is no float16 copy: {reason}; leave --float16 out",
  },
} as const satisfies Record<string, ErrorRow>;
