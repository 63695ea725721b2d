// What expressions are worth: names, literals, attributes, subscripts; and which kind of call a call is.
// Not here: statements (evaluator.ts), what an operator does (call-operator.ts, python/).
import { isCustom } from "../../aten/custom-operator.ts";
import { pathOf } from "../code.ts";
import { Unfollowed, Unregistered } from "../refusal.ts";
import type { CallExpression, Expression } from "../source/syntax.ts";
import {
  bool,
  type DictValue,
  describe,
  float,
  int,
  keyOf,
  list,
  NONE,
  string,
  tuple,
  type Value,
} from "../values.ts";
import { callOperator, itemOf } from "./call-operator.ts";
import type { Arguments, Context, Place } from "./context.ts";
import { convertNumber } from "./convert-number.ts";
import { dottedName } from "./dotted-name.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Frame } from "./frame.ts";
import { instantiate } from "./instantiate.ts";
import { placeIn } from "./place-in.ts";
import { builtinsOf } from "./python/builtins.ts";
import { itemAt } from "./python/containers.ts";
import { textOf } from "./python/strings.ts";
import { isInstance } from "./type-test.ts";

const NAMED: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["None", NONE],
  ["True", bool(true)],
  ["False", bool(false)],
  ["inf", float(Number.POSITIVE_INFINITY)],
  ["infj", float(Number.POSITIVE_INFINITY)],
  ["nan", float(Number.NaN)],
]);

/** Names that begin the path of an operator, a function or a class. */
const ROOTS = /^(torch|ops|__torch__)\./;

export class Expressions {
  private readonly context: Context;
  private readonly evaluator: Evaluator;

  constructor(context: Context, evaluator: Evaluator) {
    this.context = context;
    this.evaluator = evaluator;
  }

  evaluate(expression: Expression, frame: Frame): Value {
    switch (expression.kind) {
      case "int":
        return int(expression.value);
      case "float":
        return float(expression.value);
      case "imaginary":
        return { kind: "complex", real: 0, imaginary: expression.value };
      case "complex":
        return { kind: "complex", real: expression.real, imaginary: expression.imaginary };
      case "string":
        return string(expression.value);
      case "name":
        return this.name(expression.name, frame);
      case "negative":
        return this.negative(this.evaluate(expression.operand, frame));
      case "list":
        return list(expression.items.map((item) => this.evaluate(item, frame)));
      case "tuple":
        return tuple(expression.items.map((item) => this.evaluate(item, frame)));
      case "dict":
        return this.dict(expression.entries, frame);
      case "subscript":
        return this.subscript(this.evaluate(expression.object, frame), expression.index, frame);
      case "attribute":
        return this.attribute(expression, frame);
      case "call":
        return this.call(expression, frame);
      case "choice": {
        const condition = this.evaluate(expression.condition, frame);
        if (condition.kind !== "bool") throw new Unfollowed(`a choice by ${describe(condition)}`);
        return this.evaluate(condition.value ? expression.value : expression.otherwise, frame);
      }
    }
  }

  private name(name: string, frame: Frame): Value {
    const value = frame.variables.get(name) ?? NAMED.get(name);
    if (!value) throw new Unfollowed(`the name ${name} stands for nothing`);
    return value;
  }

  private negative(value: Value): Value {
    if (value.kind === "complex") return { kind: "complex", real: -value.real, imaginary: -value.imaginary };
    const negated = builtinsOf("neg")[0]?.([value], {
      named: new Map(),
      context: this.context,
      place: NOWHERE,
    });
    if (!negated) throw new Unfollowed(`minus ${describe(value)}`);
    return negated;
  }

  private dict(entries: readonly (readonly [Expression, Expression])[], frame: Frame): DictValue {
    const made: DictValue = { kind: "dict", entries: new Map() };
    for (const [keyExpression, valueExpression] of entries) {
      const key = this.evaluate(keyExpression, frame);
      const at = keyOf(key);
      if (at === undefined) throw new Unfollowed(`${describe(key)} as the key of a dict`);
      made.entries.set(at, { key, value: this.evaluate(valueExpression, frame) });
    }
    return made;
  }

  private subscript(container: Value, index: Expression, frame: Frame): Value {
    const found = itemAt(container, this.evaluate(index, frame), {
      ...NO_NAMES,
      context: this.context,
      place: placeIn(frame),
    });
    if (!found) throw new Unfollowed(`a part of ${describe(container)} is taken`);
    return found;
  }

  private attribute(expression: Extract<Expression, { kind: "attribute" }>, frame: Frame): Value {
    const path = dottedName(expression);
    if (path !== undefined && !frame.variables.has(path.slice(0, path.indexOf("."))))
      return this.global(path);
    return this.attributeOf(this.evaluate(expression.object, frame), expression.name, frame);
  }

  /** `CONSTANTS.c0`, a function or a class of the code. */
  private global(path: string): Value {
    const constant = /^CONSTANTS\.c(\d+)$/.exec(path)?.[1];
    if (constant !== undefined) {
      const value = this.context.constants[Number(constant)];
      if (!value) throw new Unfollowed(`the constant ${path} is not in the archive`);
      return value;
    }
    const found = this.context.code.find(path);
    if (found?.kind === "def") return { kind: "function", name: path, definition: found };
    if (found) return { kind: "class", name: path, definition: found };
    throw new Unfollowed(`${path} is not in the archive's code`);
  }

  private attributeOf(object: Value, name: string, frame: Frame): Value {
    if (object.kind === "tuple" && object.fields) {
      const found = object.items[object.fields.indexOf(name)];
      if (found) return found;
    }
    if (object.kind === "class") return this.classField(object.name, name, frame);
    if (object.kind !== "object") throw new Unfollowed(`the attribute ${name} of ${describe(object)}`);
    const value = object.attributes.get(name);
    if (value) return value;
    if (this.context.code.method(object.className, name)) return { kind: "method", object, name };
    return this.classField(object.className, name, frame);
  }

  /** A constant of the class, `name : Final[int] = 3`. */
  private classField(className: string, name: string, frame: Frame): Value {
    const field = this.context.code.fieldsOf(className).get(name);
    if (!field?.value) throw new Unfollowed(`${className.split(".").at(-1)} has no attribute ${name}`);
    return this.evaluate(field.value, frame);
  }

  private call(expression: CallExpression, frame: Frame): Value {
    const path = dottedName(expression.callee);
    const isPath =
      path !== undefined && ROOTS.test(path) && !frame.variables.has(path.slice(0, path.indexOf(".")));
    if (isPath && !path.startsWith("__torch__.")) return this.operator(path, expression, frame);
    const special =
      expression.callee.kind === "name" ? this.special(expression.callee.name, expression, frame) : undefined;
    if (special) return special;
    if (isPath && path.endsWith(".__new__"))
      return instantiate(path.slice(0, -".__new__".length), this.context);
    return this.callValue(this.callee(expression.callee, frame), this.arguments(expression, frame), frame);
  }

  private callee(callee: Expression, frame: Frame): Value {
    if (callee.kind !== "attribute") return this.evaluate(callee, frame);
    const path = dottedName(callee);
    if (path !== undefined && !frame.variables.has(path.slice(0, path.indexOf("."))))
      return this.global(path);
    const object = this.evaluate(callee.object, frame);
    if (object.kind === "object" && this.context.code.method(object.className, callee.name))
      return { kind: "method", object, name: callee.name };
    return this.attributeOf(object, callee.name, frame);
  }

  private callValue(callee: Value, args: Arguments, frame: Frame): Value {
    if (callee.kind === "method") return this.evaluator.callMethod(callee.object, callee.name, args, frame);
    if (callee.kind === "function") {
      const { definition, name } = callee;
      return this.evaluator.callFunction(definition, `code/${pathOf(name)}`, args, frame.scope, frame);
    }
    if (callee.kind === "class") return this.construct(callee.name, args, frame);
    throw new Unfollowed(`${describe(callee)} is called`);
  }

  /** A named tuple from its fields; an object of a class by its `__init__`. */
  private construct(className: string, args: Arguments, frame: Frame): Value {
    const bases = this.context.code.class(className)?.bases.map(dottedName) ?? [];
    if (!bases.includes("NamedTuple")) {
      const object = instantiate(className, this.context);
      if (this.context.code.method(className, "__init__"))
        this.evaluator.callMethod(object, "__init__", args, frame);
      return object;
    }
    const fields = [...this.context.code.fieldsOf(className)];
    const items = fields.map(([name, field], index) => {
      const value =
        args.positional[index] ?? args.named.get(name) ?? (field.value && this.evaluate(field.value, frame));
      if (!value) throw new Unfollowed(`a ${className} without its field ${name}`);
      return value;
    });
    return { kind: "tuple", items, fields: fields.map(([name]) => name) };
  }

  private arguments(expression: CallExpression, frame: Frame): Arguments {
    return {
      positional: expression.args.map((argument) => this.evaluate(argument, frame)),
      named: new Map(expression.keywords.map(([name, value]) => [name, this.evaluate(value, frame)])),
    };
  }

  /** Functions of the language itself; undefined for a variable that is called. */
  private special(name: string, expression: CallExpression, frame: Frame): Value | undefined {
    const [first, second] = expression.args;
    if (frame.variables.has(name) || !first) return undefined;
    if (name === "annotate") return second && this.evaluate(second, frame);
    if (name === "unchecked_cast") return second && certain(this.evaluate(second, frame));
    if (name === "uninitialized") return { kind: "uninitialized" };
    if (name === "isinstance" && second) return this.instanceTest(this.evaluate(first, frame), second);
    if (name === "getattr" && second?.kind === "string")
      return this.attributeOf(this.evaluate(first, frame), second.value, frame);
    if (name === "print") return NONE;
    const place = placeIn(frame);
    if (name === "int" || name === "float" || name === "bool")
      return convertNumber(name, this.evaluate(first, frame), this.context, place);
    if (name === "str") return string(textOf(this.evaluate(first, frame)));
    return undefined;
  }

  private instanceTest(value: Value, type: Expression): Value {
    const answer = isInstance(value, type);
    if (answer === undefined) throw new Unfollowed(`whether ${describe(value)} is of a type is not known`);
    return bool(answer);
  }

  /** `torch.add(...)`, `ops.prim.NumToTensor(...)`, `ops.torchvision.nms(...)`. */
  private operator(path: string, expression: CallExpression, frame: Frame): Value {
    const [root = "", second = "", third] = path.split(".");
    const namespace = root === "torch" ? "aten" : second;
    const name = root === "torch" ? second : (third ?? "");
    if (path === "torch.device") return { kind: "device", name: deviceName(expression.args[0]) };
    if (namespace === "prim" && name === "RaiseException")
      throw new Unfollowed("the code raises an exception here");
    let args = this.arguments(expression, frame);
    const { builder } = this.context;
    const execution = builder.executionOf(`${namespace}::${name}`, `${frame.path}:${expression.line}`);
    const place = { ...placeIn(frame), execution };
    // Python's own min and max take a tensor of one element where they want a number.
    if (namespace === "prim" && (name === "min" || name === "max"))
      args = { ...args, positional: args.positional.map((value) => this.asNumber(value, place)) };
    if (namespace === "prim" || namespace === "aten") {
      for (const builtin of builtinsOf(name)) {
        const value = builtin(args.positional, { named: args.named, context: this.context, place });
        if (value) return value;
      }
    }
    if (namespace === "prim" && /^unchecked_/.test(name) && args.positional[0])
      return certain(args.positional[0]);
    const value = callOperator(`${namespace}::${name}`, args, this.context, place);
    if (!value && isCustom(`${namespace}::${name}`))
      throw new Unregistered(`${namespace}::${name} is not known`);
    if (!value && name.startsWith("_nested_tensor"))
      throw new Unfollowed(
        `${namespace}::${name} packs sequences of different lengths into a nested tensor, which ONNX does not have`,
        "build the encoder with enable_nested_tensor=False",
      );
    if (!value) throw new Unfollowed(`the operator ${namespace}::${name} is not known`);
    return value;
  }

  private asNumber(value: Value, place: Place): Value {
    return value.kind === "tensor" ? itemOf(value, this.context, place) : value;
  }
}

const NOWHERE: Place = { scope: "", line: "" };
const NO_NAMES = { named: new Map<string, Value>() };

/** A value that may be None, where the code is sure that it is not. */
function certain(value: Value): Value {
  return value.kind === "maybe" ? value.value : value;
}

function deviceName(argument: Expression | undefined): string {
  return argument?.kind === "string" ? argument.value : "cpu";
}
