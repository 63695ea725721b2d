// Values that stand for what a place holds after a choice, or in any round of a loop: one of two values of one type.
// Method: `either` makes such a value from two; its parts that differ get new names. `parts` lists what a value gives for
// those names, so that a call can hand it over.
// Not here: whose places they are (snapshot.ts), the calls (choose-by-call.ts, loop-by-call.ts).
import { type Dim, sameDim, symbolName, symbolsIn } from "../../../graph/dim.ts";
import { tensorType, typeText } from "../../../graph/type.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import type { AtenArgument } from "../../aten/program.ts";
import { lowest } from "../../aten/result-types/bounds.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { Unfollowed } from "../refusal.ts";
import {
  bool,
  type DictValue,
  describe,
  float,
  int,
  type ListValue,
  type Stack,
  type TensorValue,
  tensor,
  unknownNumber,
  type Value,
} from "../values.ts";
import type { Place } from "./context.ts";
import { isSame } from "./is-same.ts";
import { isPlace, isShared, type Snapshot } from "./snapshot.ts";
import { emptyTensor, numberTensor, stackOf } from "./stacks.ts";

export class Template {
  private readonly builder: ProgramBuilder;
  private readonly place: Place;
  /** Symbols from this number on are made within the bodies. */
  private readonly firstInner: number;
  /** Names of the parts, and symbols of sizes that may be anything. */
  private readonly names = new Set<string>();
  private readonly loose = new Set<string>();

  /** Containers that are places of their own, within whatever holds them. */
  private readonly before: Snapshot;

  constructor(builder: ProgramBuilder, place: Place, before: Snapshot) {
    this.builder = builder;
    this.place = place;
    this.before = before;
    this.firstInner = builder.unknownCount;
  }

  /** Whether a size may be anything now. */
  get hasLooseSizes(): boolean {
    return this.loose.size > 0;
  }

  /** A value that stands for either. Throws Unfollowed if they are of different types. */
  either(a: Value, b: Value, where: string): Value {
    if (isSame(a, b)) return a;
    if (isShared(a, this.before) || isShared(b, this.before))
      throw new Unfollowed(
        `'${where}' is one ${a.kind} or another depending on the input, and others know it too`,
      );
    if (a.kind === "uninitialized") return this.like(b);
    if (b.kind === "uninitialized") return this.like(a);
    if (a.kind === "none" || b.kind === "none" || a.kind === "maybe" || b.kind === "maybe")
      return this.maybe(a, b, where);
    if (a.kind === "tensor" && b.kind === "tensor") return this.eitherTensor(a, b, where);
    if (a.kind === "int" && b.kind === "int")
      return this.newInteger(lowest(a.value) >= 0 && lowest(b.value) >= 0);
    const scalar = scalarType(a);
    if (scalar && scalarType(b) === scalar) return this.newScalar(scalar);
    if (a.kind === "tuple" && b.kind === "tuple" && a.items.length === b.items.length)
      return { ...a, items: a.items.map((item, index) => this.either(item, b.items[index] as Value, where)) };
    if (a.kind === "list" && b.kind === "list") return this.eitherList(a, b, where);
    if (a.kind === "dict" && b.kind === "dict") return this.eitherDict(a, b, where);
    throw new Unfollowed(`'${where}' becomes ${describe(a)} or ${describe(b)} depending on the input`);
  }

  /** Whether a value can be handed over where this one stands. */
  accepts(wanted: Value, given: Value): boolean {
    if (isSame(wanted, given)) return true;
    if (given.kind === "uninitialized") return this.partsOf(wanted).length > 0;
    switch (wanted.kind) {
      case "tensor":
        return given.kind === "tensor" && this.names.has(wanted.name) && this.fits(wanted, given);
      case "int":
        return given.kind === "int" && this.isOwn(wanted.value) && this.mayBe(wanted.value, given.value);
      case "scalar":
        return this.names.has(wanted.name) && scalarType(given) === wanted.type;
      case "maybe":
        if (given.kind === "none") return this.accepts(wanted.present, bool(false));
        if (given.kind !== "maybe")
          return this.accepts(wanted.present, bool(true)) && this.accepts(wanted.value, given);
        return this.accepts(wanted.present, given.present) && this.accepts(wanted.value, given.value);
      case "tuple":
        return given.kind === "tuple" && this.acceptAll(wanted.items, given.items);
      case "list":
        return given.kind === "list" && this.acceptsList(wanted, given);
      case "dict": {
        if (given.kind !== "dict" || given.entries.size !== wanted.entries.size) return false;
        return [...wanted.entries].every(([key, entry]) => {
          const other = given.entries.get(key);
          return other !== undefined && this.accepts(entry.value, other.value);
        });
      }
      default:
        return false;
    }
  }

  /** The parts of this value that have names of their own: as arguments, with those that `given` has in their place. */
  parts(wanted: Value, given: Value): (readonly [part: Value, argument: AtenArgument])[] {
    if (isPlace(wanted, this.before)) return [];
    if (wanted.kind === "tensor") {
      if (!this.names.has(wanted.name)) return [];
      return [[wanted, { kind: "tensor", value: this.tensorFor(wanted, given) }]];
    }
    if (wanted.kind === "int" || wanted.kind === "scalar") {
      const isOwn = wanted.kind === "int" ? this.isOwn(wanted.value) : this.names.has(wanted.name);
      return isOwn ? [[wanted, this.numberFor(wanted, given)]] : [];
    }
    if (wanted.kind === "maybe") {
      const [present, value]: [Value, Value] =
        given.kind === "maybe"
          ? [given.present, given.value]
          : given.kind === "none" || given.kind === "uninitialized"
            ? [bool(false), { kind: "uninitialized" }]
            : [bool(true), given];
      return [...this.parts(wanted.present, present), ...this.parts(wanted.value, value)];
    }
    if (wanted.kind === "list" && wanted.stack) {
      const other = given.kind === "list" ? this.stackFor(wanted.stack, given) : given;
      return this.parts(wanted.stack.tensor, other);
    }
    return heldBy(wanted).flatMap((item, index) =>
      this.parts(item, heldBy(given)[index] ?? { kind: "uninitialized" }),
    );
  }

  /** As `parts`, of the value itself. */
  partsOf(value: Value): readonly Value[] {
    return this.parts(value, value).map(([part]) => part);
  }

  /** The value with other parts in place of its own. */
  replaced(value: Value, lookup: (part: Value) => Value): Value {
    if (this.partsOf(value).length === 0) return value;
    switch (value.kind) {
      case "maybe":
        return {
          kind: "maybe",
          present: this.replaced(value.present, lookup),
          value: this.replaced(value.value, lookup),
        };
      case "tuple":
        return { ...value, items: value.items.map((item) => this.replaced(item, lookup)) };
      case "list": {
        const stack = value.stack && {
          element: value.stack.element,
          tensor: this.replaced(value.stack.tensor, lookup) as TensorValue, // a tensor stays one
        };
        return { kind: "list", items: value.items.map((item) => this.replaced(item, lookup)), stack };
      }
      case "dict": {
        const entries = [...value.entries].map(
          ([at, { key, value: inner }]) => [at, { key, value: this.replaced(inner, lookup) }] as const,
        );
        return { kind: "dict", entries: new Map(entries) };
      }
      default:
        return lookup(value);
    }
  }

  /** A new part like this one, for what a loop gives at its end. */
  renewed(part: Value): Value {
    if (part.kind === "tensor") {
      const type = this.builder.typeOf(part.name);
      return this.newTensor({
        ...type,
        shape: type.shape.map((dim) => (this.isLoose(dim) ? this.newSize() : dim)),
      });
    }
    if (part.kind === "int") return this.newInteger(lowest(part.value) >= 0);
    return this.newScalar(part.kind === "scalar" ? part.type : "bool");
  }

  private maybe(a: Value, b: Value, where: string): Value {
    const present = (value: Value): Value =>
      value.kind === "maybe" ? value.present : bool(value.kind !== "none");
    const inner = (value: Value): Value =>
      value.kind === "maybe" ? value.value : value.kind === "none" ? { kind: "uninitialized" } : value;
    return {
      kind: "maybe",
      present: this.either(present(a), present(b), where),
      value: this.either(inner(a), inner(b), where),
    };
  }

  private eitherTensor(a: TensorValue, b: TensorValue, where: string): Value {
    const [left, right] = [this.builder.typeOf(a.name), this.builder.typeOf(b.name)];
    if (left.dtype !== right.dtype || left.shape.length !== right.shape.length)
      throw new Unfollowed(
        `'${where}' is ${typeText(left)} or ${typeText(right)} depending on the input`,
        "give it the same type and number of dimensions in both ways",
      );
    const shape = left.shape.map((dim, axis) =>
      sameDim(dim, right.shape[axis] ?? 0) && !this.isLoose(dim) && this.isVisible(dim)
        ? dim
        : this.newSize(),
    );
    return this.newTensor({ ...left, shape });
  }

  private eitherList(a: ListValue, b: ListValue, where: string): Value {
    if (!a.stack && !b.stack && a.items.length === b.items.length)
      return {
        kind: "list",
        items: a.items.map((item, index) => this.either(item, b.items[index] as Value, where)),
      };
    const [left, right] = [this.typeOfStack(a, b, where), this.typeOfStack(b, a, where)];
    const names = [left, right].map((type) => {
      const name = this.builder.freshName("type");
      this.builder.types.set(name, type.type);
      return tensor(name);
    }) as [TensorValue, TensorValue]; // there are two
    const value = this.eitherTensor(names[0], names[1], where);
    return value.kind === "tensor"
      ? { kind: "list", items: [], stack: { element: left.element, tensor: value } }
      : value;
  }

  /** What the items of a list would be as one tensor; an empty list is like the other one. */
  private typeOfStack(
    own: ListValue,
    other: ListValue,
    where: string,
  ): { element: Stack["element"]; type: RankedType } {
    const typed = (list: ListValue) => {
      if (list.stack)
        return { element: list.stack.element, type: this.builder.typeOf(list.stack.tensor.name) };
      return list.items.length > 0 ? stackOf.type(list, this.builder, where) : undefined;
    };
    const found = typed(own) ?? typed(other);
    if (!found) throw new Unfollowed(`the list '${where}' grows in a way that depends on the input`);
    const [, ...rest] = found.type.shape;
    const count = own.stack ? (found.type.shape[0] ?? 0) : own.items.length;
    return { element: found.element, type: { ...found.type, shape: [count, ...rest] } };
  }

  private eitherDict(a: DictValue, b: DictValue, where: string): Value {
    const keys = [...a.entries.keys()];
    if (keys.length !== b.entries.size || !keys.every((key) => b.entries.has(key)))
      throw new Unfollowed(`'${where}' has other keys depending on the input`);
    const entries: DictValue["entries"] = new Map();
    for (const [at, { key, value }] of a.entries)
      entries.set(at, {
        key,
        value: this.either(value, b.entries.get(at)?.value ?? value, `${where}[${at}]`),
      });
    return { kind: "dict", entries };
  }

  /** A value of the same type, all of whose parts are new. */
  private like(value: Value): Value {
    switch (value.kind) {
      case "tensor": {
        const type = this.builder.typeOf(value.name);
        const shape = type.shape.map((dim) =>
          this.isVisible(dim) && !this.isLoose(dim) ? dim : this.newSize(),
        );
        return this.newTensor({ ...type, shape });
      }
      case "int":
        return this.newInteger(lowest(value.value) >= 0);
      case "bool":
      case "float":
      case "scalar":
        return this.newScalar(value.kind === "scalar" ? value.type : value.kind);
      case "tuple":
        return { ...value, items: value.items.map((item) => this.like(item)) };
      case "list":
        if (value.stack)
          return {
            kind: "list",
            items: [],
            stack: { ...value.stack, tensor: this.like(value.stack.tensor) as TensorValue }, // a tensor gives one
          };
        return { kind: "list", items: value.items.map((item) => this.like(item)) };
      default:
        return value;
    }
  }

  private newTensor(type: RankedType): TensorValue {
    const name = this.builder.freshName("either");
    this.builder.types.set(name, tensorType(type.dtype, type.shape));
    this.names.add(name);
    return tensor(name);
  }

  private newInteger(isSize: boolean): Value {
    const made = isSize ? this.builder.freshSize() : this.builder.freshInteger();
    const name = symbolName(made) ?? "";
    this.builder.types.set(name, tensorType("int64", []));
    this.names.add(name);
    return int(made);
  }

  private newScalar(type: "float" | "bool"): Value {
    const name = this.builder.freshName("either");
    this.builder.types.set(name, tensorType(type === "float" ? "float64" : "bool", []));
    this.names.add(name);
    return { kind: "scalar", type, name };
  }

  private newSize(): Dim {
    const size = this.builder.freshSize();
    this.loose.add(symbolName(size) ?? "");
    return size;
  }

  private fits(wanted: TensorValue, given: TensorValue): boolean {
    const [type, other] = [this.builder.typeOf(wanted.name), this.builder.typeOf(given.name)];
    if (type.dtype !== other.dtype || type.shape.length !== other.shape.length) return false;
    return type.shape.every((dim, axis) => this.isLoose(dim) || sameDim(dim, other.shape[axis] ?? 0));
  }

  private acceptAll(wanted: readonly Value[], given: readonly Value[]): boolean {
    return (
      wanted.length === given.length &&
      wanted.every((item, index) => this.accepts(item, given[index] as Value))
    );
  }

  private acceptsList(wanted: ListValue, given: ListValue): boolean {
    if (!wanted.stack) return !given.stack && this.acceptAll(wanted.items, given.items);
    if (!this.names.has(wanted.stack.tensor.name)) return false;
    if (given.stack) return this.fits(wanted.stack.tensor, given.stack.tensor);
    if (given.items.length === 0) return true;
    const { type } = stackOf.type(given, this.builder, "a list");
    const own = this.builder.typeOf(wanted.stack.tensor.name);
    return own.dtype === type.dtype && own.shape.length === type.shape.length;
  }

  /** A name of the given tensor; of one without elements where there is none. */
  private tensorFor(wanted: TensorValue, given: Value): string {
    if (given.kind === "tensor") return given.name;
    const { dtype, shape } = this.builder.typeOf(wanted.name);
    const sizes = shape.map((dim) => (this.isLoose(dim) ? 0 : dim));
    return emptyTensor(dtype, sizes, this.builder, this.place).name;
  }

  private stackFor(wanted: Stack, given: ListValue): Value {
    if (given.stack) return given.stack.tensor;
    if (given.items.length > 0) return stackOf.make(given, this.builder, this.place);
    const { dtype, shape } = this.builder.typeOf(wanted.tensor.name);
    const [, ...rest] = shape;
    if (rest.some((dim) => this.isLoose(dim)))
      throw new Unfollowed(
        "a list grows by tensors whose sizes differ from round to round",
        "concatenate them instead",
      );
    return emptyTensor(dtype, [0, ...rest], this.builder, this.place);
  }

  private numberFor(wanted: Value, given: Value): AtenArgument {
    if (wanted.kind === "int") return { kind: "int", value: given.kind === "int" ? given.value : 0 };
    if (given.kind === "scalar") return { kind: "symbol", value: given.name };
    if (wanted.kind === "scalar" && wanted.type === "bool")
      return { kind: "bool", value: given.kind === "bool" && given.value };
    const number = given.kind === "float" ? given : float(0);
    return { kind: "symbol", value: numberTensor(number, "float64", this.builder, this.place).name };
  }

  private isOwn(dim: Dim): boolean {
    return this.names.has(symbolName(dim) ?? "");
  }

  private mayBe(wanted: Dim, given: Dim): boolean {
    return lowest(wanted) < 0 || lowest(given) >= 0;
  }

  private isLoose(dim: Dim): boolean {
    return [...symbolsIn(dim)].some((name) => this.loose.has(name));
  }

  /** Whether a size is known around the bodies too. */
  private isVisible(dim: Dim): boolean {
    return [...symbolsIn(dim)].every((name) => (unknownNumber(name) ?? -1) < this.firstInner);
  }
}

function scalarType(value: Value): "float" | "bool" | undefined {
  if (value.kind === "scalar") return value.type;
  return value.kind === "float" || value.kind === "bool" ? value.kind : undefined;
}

function heldBy(value: Value): readonly Value[] {
  if (value.kind === "tuple" || value.kind === "list") return value.items;
  return value.kind === "dict" ? [...value.entries.values()].map((entry) => entry.value) : [];
}
