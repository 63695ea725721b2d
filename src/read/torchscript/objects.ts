// Turns the archive's pickles into values: the tree of modules with its parameters, and the tuple of constants.
// Invariant: one pickled tensor is one weight, so tied weights stay tied; nothing of the pickle is executed.
// Not here: the bytes of a pickle (bytes/pickle), of a storage (read/torch-save).
import { entriesOf, isRecord, type PickleObject, type PickleValue } from "../../bytes/pickle/values.ts";
import { tensorRecord } from "../torch-save/tensor-record.ts";
import type { TorchSave } from "../torch-save/torch-save.ts";
import type { Code } from "./code.ts";
import type { ProgramBuilder } from "./program-builder.ts";
import { Malformed } from "./refusal.ts";
import type { Expression } from "./source/syntax.ts";
import {
  bool,
  float,
  int,
  keyOf,
  list,
  NONE,
  type ObjectValue,
  string,
  tensor,
  tuple,
  type Value,
} from "./values.ts";

/** Modules within modules; a pickle that holds itself ends here too. */
const MAX_DEPTH = 200;

export class Objects {
  private readonly saved: TorchSave;
  private readonly code: Code;
  private readonly builder: ProgramBuilder;
  private readonly known = new Map<PickleValue, Value>();

  constructor(saved: TorchSave, code: Code, builder: ProgramBuilder) {
    this.saved = saved;
    this.code = code;
    this.builder = builder;
  }

  /** The pickle's value. `path` is what weights in it are called. */
  root(path: string): Value {
    return this.value(this.saved.value, path, undefined, 0);
  }

  private value(pickled: PickleValue, path: string, type: Expression | undefined, depth: number): Value {
    if (depth > MAX_DEPTH) throw new Malformed("data.pkl", `holds values over ${MAX_DEPTH} deep`);
    const known = isRecord(pickled) ? this.known.get(pickled) : undefined;
    if (known) return known;
    const value = this.make(pickled, path, type, depth);
    if (isRecord(pickled)) this.known.set(pickled, value);
    return value;
  }

  private make(pickled: PickleValue, path: string, type: Expression | undefined, depth: number): Value {
    if (pickled === null) return NONE;
    if (typeof pickled === "boolean") return bool(pickled);
    if (typeof pickled === "string") return string(pickled);
    if (typeof pickled === "number" || typeof pickled === "bigint") return number(Number(pickled), type);
    if (!isRecord(pickled)) throw new Malformed("data.pkl", `holds bytes at ${path}`);
    if (pickled.kind === "list" || pickled.kind === "tuple") {
      const items = pickled.items.map((item, index) =>
        this.value(item, `${path}.${index}`, typeArgument(type, index), depth + 1),
      );
      return pickled.kind === "list" ? list(items) : tuple(items);
    }
    if (pickled.kind === "object") return this.object(pickled, path, type, depth);
    if (pickled.kind === "dict") return this.dict(pickled, path, type, depth);
    throw new Malformed("data.pkl", `holds a ${pickled.kind} at ${path || "the top"}`);
  }

  private object(pickled: PickleObject, path: string, type: Expression | undefined, depth: number): Value {
    const record = tensorRecord(pickled);
    if (record) {
      const contents = this.saved.tensorOf(record);
      if (typeof contents === "string") throw new Malformed(path, contents);
      return tensor(this.builder.addWeight(path, contents, record.strides));
    }
    const { callee } = pickled;
    if (!isRecord(callee) || callee.kind !== "global")
      throw new Malformed("data.pkl", `holds no class at ${path}`);
    const name = `${callee.module}.${callee.name}`;
    const [first = null] = isRecord(pickled.args) && pickled.args.kind === "tuple" ? pickled.args.items : [];
    if (/^torch\.jit\._pickle\.(build_|restore_type_tag)/.test(name))
      return this.value(first, path, builtType(callee.name) ?? type, depth + 1);
    if (name === "torch.device") return { kind: "device", name: String(first) };
    if (name === "collections.OrderedDict") return this.dict(pickled, path, type, depth);
    return this.instance(pickled, name, path, depth);
  }

  private instance(pickled: PickleObject, className: string, path: string, depth: number): ObjectValue {
    const object: ObjectValue = { kind: "object", className, path, attributes: new Map() };
    this.known.set(pickled, object);
    const fields = this.code.fieldsOf(className);
    const state = pickled.state === undefined ? [] : (entriesOf(pickled.state) ?? []);
    for (const [key, value] of state) {
      const name = String(key);
      const inner = path === "" ? name : `${path}.${name}`;
      object.attributes.set(name, this.value(value, inner, fields.get(name)?.type, depth + 1));
    }
    return object;
  }

  private dict(pickled: PickleValue, path: string, type: Expression | undefined, depth: number): Value {
    const entries: Extract<Value, { kind: "dict" }>["entries"] = new Map();
    for (const [key, value] of entriesOf(pickled) ?? []) {
      const keyValue = this.value(key, path, typeArgument(type, 0), depth + 1);
      const at = keyOf(keyValue);
      if (at === undefined) throw new Malformed("data.pkl", `has a dict with unusual keys at ${path}`);
      entries.set(at, {
        key: keyValue,
        value: this.value(value, `${path}.${at}`, typeArgument(type, 1), depth + 1),
      });
    }
    return { kind: "dict", entries };
  }
}

/** Pickles do not tell 1 from 1.0 once they are read; the declared type does. */
function number(value: number, type: Expression | undefined): Value {
  const declared = isOptional(type) ? typeArgument(type, 0) : type;
  const real = declared?.kind === "name" && declared.name === "float";
  return real || !Number.isInteger(value) ? float(value) : int(value);
}

function isOptional(type: Expression | undefined): boolean {
  return (
    type?.kind === "subscript" && type.object.kind === "name" && /^(Optional|Final)$/.test(type.object.name)
  );
}

const BUILT: Readonly<Record<string, string>> = { build_intlist: "int", build_doublelist: "float" };

function builtType(name: string): Expression | undefined {
  const item = BUILT[name];
  return item === undefined ? undefined : listOf({ kind: "name", name: item, line: 0 });
}

function listOf(item: Expression): Expression {
  return { kind: "subscript", object: { kind: "name", name: "List", line: 0 }, index: item, line: 0 };
}

/** `T` of `List[T]` for every place, else the type at that place, as in `Tuple[A, B]` and `Dict[K, V]`. */
function typeArgument(type: Expression | undefined, index: number): Expression | undefined {
  if (type?.kind !== "subscript") return undefined;
  if (isOptional(type) && type.index.kind === "subscript") return typeArgument(type.index, index);
  if (type.index.kind !== "tuple") return type.index;
  return type.index.items[index];
}
