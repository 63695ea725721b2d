// Recognises tensors in a pickle of torch.save: calls of torch._utils's rebuild functions on references to storages.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/_utils.py
import { isRecord, itemsOf, type PickleValue } from "../../bytes/pickle/values.ts";
import type { DType } from "../../tensor/dtype.ts";
import { dtypeOfGlobal } from "./dtypes.ts";

/** A tensor as it stands in a pickle: a strided view of a storage that lies in a file of its own. */
export interface TensorRecord {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Name of the storage's file under `data/`. */
  readonly storage: string;
}

/** A parameter in a subclass in a parameter: real records nest two deep. */
const MAX_WRAPPERS = 8;

/** The tensor; undefined if the value is none, or one whose type or class is not known. */
export function tensorRecord(value: PickleValue | undefined, wrappers = 0): TensorRecord | undefined {
  if (!isRecord(value) || value.kind !== "object" || wrappers > MAX_WRAPPERS) return undefined;
  const { callee } = value;
  const args = itemsOf(value.args) ?? [];
  if (!isRecord(callee) || callee.kind !== "global") return undefined;
  switch (callee.name) {
    case "_rebuild_tensor":
    case "_rebuild_tensor_v2":
      return recordOf(args);
    case "_rebuild_tensor_v3":
      return recordOf(args, dtypeOfGlobal(args[6]));
    case "_rebuild_parameter":
    case "_rebuild_parameter_with_state":
      return tensorRecord(args[0], wrappers + 1);
    case "_rebuild_from_type_v2": {
      // (function, class, its arguments, state): only plain tensors and parameters keep the function's meaning.
      const [inner = null, , innerArgs = null] = args;
      const call: PickleValue = {
        kind: "object",
        callee: inner,
        args: innerArgs,
        state: undefined,
        items: [],
        entries: [],
      };
      return tensorRecord(call, wrappers + 1);
    }
    default:
      return undefined;
  }
}

function recordOf(args: readonly PickleValue[], stated?: DType): TensorRecord | undefined {
  const [reference, offset, sizes, steps] = args;
  const id = isRecord(reference) && reference.kind === "persistent" ? itemsOf(reference.id) : undefined;
  const [tag, storageClass, key] = id ?? [];
  const dtype = stated ?? dtypeOfGlobal(storageClass);
  const shape = countsOf(sizes);
  const strides = countsOf(steps);
  if (tag !== "storage" || typeof key !== "string" || !dtype || !shape || !strides) return undefined;
  return isCount(offset) ? { dtype, shape, strides, offset, storage: key } : undefined;
}

function countsOf(value: PickleValue | undefined): number[] | undefined {
  const items = itemsOf(value);
  return items?.every(isCount) ? [...items] : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
