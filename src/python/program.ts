// The programs that the user's Python runs: they answer requests, JSON lines on stdin, with JSON lines on stdout.
// Tensors go through .npz files, arrays named 0, 1, ...; element types that NumPy lacks go as integers of their width,
// with the type's name in the request or answer. Complex tensors are floats with a last axis of 2.
// They need torch or tensorflow, and numpy, which comes with both.
// Not here: starting them and talking to them (worker.ts), which Python (find-python.ts).

import { EXPORT } from "./export-program.ts";
import { TELLING } from "./telling-program.ts";
import { TORCH } from "./torch-program.ts";

/** What they share. `serve` ends with the last request. */
const COMMON = `
import json, os, sys, warnings
sys.path[:] = [folder for folder in sys.path if folder]  # a file of the user's called json.py is not meant
warnings.filterwarnings("ignore")
import numpy as np

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a model prints does not stand among the answers

def load_arrays(file, dtypes):
    with np.load(file) as arrays:
        return [(arrays[str(i)], dtype) for i, dtype in enumerate(dtypes)]

def save_arrays(file, pairs):
    np.savez(file, **{str(i): array for i, (array, _) in enumerate(pairs)})
    return [dtype for _, dtype in pairs]

class Refusal(Exception):
    "A row of the errors table."

    def __init__(self, code, **fields):
        super().__init__(code)
        self.code, self.fields = code, fields

def serve(handlers):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": True, **(handlers[request["do"]](**request["with"]) or {})}
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.code, "code": refusal.code, "fields": refusal.fields}
        except Exception as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
`;

const TENSORFLOW = `
import tensorflow as tf

FOREIGN = {"bfloat16": tf.uint16, "float8_e5m2": tf.uint8, "float8_e4m3fn": tf.uint8}

def to_tensor(array, dtype):
    if dtype in FOREIGN:
        return tf.bitcast(tf.constant(array.view(FOREIGN[dtype].as_numpy_dtype)), tf.dtypes.as_dtype(dtype))
    return tf.constant(array)

def to_array(tensor):
    name = tensor.dtype.name
    if name in FOREIGN:
        return tf.bitcast(tensor, FOREIGN[name]).numpy(), name
    if name == "string":
        return np.array(tensor.numpy(), dtype=bytes), name
    return tensor.numpy(), name

class Handlers:
    models = {}

    def load(self, folder):
        self.models[folder] = tf.saved_model.load(folder)
        return {"version": tf.__version__}

    def forget(self, folder):
        self.models.pop(folder, None)

    def run(self, folder, inputs, dtypes, input_names, outputs, output_names):
        call = self.models[folder].signatures["serving_default"]
        tensors = [to_tensor(*pair) for pair in load_arrays(inputs, dtypes)]
        found = call(**dict(zip(input_names, tensors)))
        return {"dtypes": save_arrays(outputs, [to_array(found[name]) for name in output_names])}

handlers = Handlers()
serve({name: getattr(handlers, name) for name in ("load", "run", "forget")})
`;

export const PYTHON_PROGRAMS = {
  torch: COMMON + TELLING + TORCH,
  tensorflow: COMMON + TENSORFLOW,
  export: COMMON + EXPORT,
} as const;

export type ProgramName = keyof typeof PYTHON_PROGRAMS;

export type Framework = "torch" | "tensorflow";

/** Prints, as JSON, its own path and which frameworks it could import; imports none. */
export const PYTHON_PROBE = `
import importlib.util, json, sys
sys.path[:] = [folder for folder in sys.path if folder]
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"executable": sys.executable, "torch": has("torch"), "tensorflow": has("tensorflow")}))
`;
