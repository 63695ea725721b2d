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
  EXPORT_NO_TORCH: {
    exit: 3,
    http: 400,
    grpc: 9,
    text: "{script}: PyTorch is needed to export it: {reason}; name a Python that has it with --python or TORCHFERRY_PYTHON",
  },
  EXPORT_SCRIPT_FAILED: {
    exit: 3,
    http: 400,
    grpc: 9,
    text: "{script}: running its code failed; mend it, or choose the Python that it runs in with --python:\n{error}",
  },
  EXPORT_NAME_ABSENT: {
    exit: 2,
    http: 400,
    grpc: 5,
    text: "{script}: has no '{name}'; a module, a class or a function that returns a module is wanted; it has {candidates}",
  },
  EXPORT_NOT_A_MODULE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{script}: '{name}' is, or returns, an object of the type {found}; a torch.nn.Module is wanted, or a class or function that makes one",
  },
  EXPORT_INPUTS_MISFIT: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{script}: forward of '{name}': {reasons}; its parameters are {parameters}; give --input NAME=TYPE[SIZES] for each",
  },
  EXPORT_WEIGHTS_UNREADABLE: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: cannot be read as weights: {reason}; a state_dict of torch.save or a .safetensors file is wanted",
  },
  EXPORT_WEIGHTS_MISFIT: {
    exit: 3,
    http: 400,
    grpc: 3,
    text: "{file}: does not fit '{name}': {reasons}; give the weights of this module, or the arguments it was made with (--args)",
  },
  EXPORT_SIZE_FIXED: {
    exit: 4,
    http: 400,
    grpc: 9,
    text: "{script}: torch.export cannot leave the named sizes of '{name}' free; write a number in --input where a size may be fixed, choose another example with --sizes, or change the code that PyTorch names:\n{reason}",
  },
  EXPORT_FAILED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{script}: torch.export cannot export '{name}'; change the code that PyTorch names, or try --strict:\n{reason}",
  },
} as const satisfies Record<string, ErrorRow>;
