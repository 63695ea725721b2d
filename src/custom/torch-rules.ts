// Operators of PyTorch in a config, as the readers take them: rules, schemas, types of results.
import { RuleFault } from "../core/rule-fault.ts";
import type { Dim } from "../graph/dim.ts";
import type { OperatorDefinition } from "../graph/operators/definition.ts";
import type { RankedType } from "../graph/typed-graph.ts";
import type { Facts } from "../read/aten/argument.ts";
import type { Call } from "../read/aten/call.ts";
import type { Rule } from "../read/aten/rule.ts";
import { parseSchemaText, type Schema } from "../read/aten/schema.ts";
import type { TorchExtensions } from "../read/extensions.ts";
import type { OnnxValue, TensorType, TorchArguments, TorchCall, TorchOperator } from "./config.ts";
import { asOnnxValue, isOnnxValue, MADE_BY_BUILDER, OnnxNodes } from "./onnx-nodes.ts";
import { run, typesOf, valuesOf } from "./run-rule.ts";
import { asTensorType } from "./sizes.ts";

export class TorchRules implements TorchExtensions {
  private readonly operators: ReadonlyMap<string, TorchOperator>;
  private readonly config: string;
  private readonly custom: ReadonlyMap<string, OperatorDefinition>;

  /** `config` is what messages call the config; `custom` what is known of its ONNX operators. */
  constructor(
    operators: Readonly<Record<string, TorchOperator>>,
    config: string,
    custom: ReadonlyMap<string, OperatorDefinition>,
  ) {
    this.operators = new Map(Object.entries(operators));
    this.config = config;
    this.custom = custom;
  }

  ruleFor(target: string): Rule | undefined {
    const operator = this.operatorOf(target);
    if (!operator) return undefined;
    const own = this.nameOf("toOnnx", target);
    return {
      targets: [target],
      own,
      emit: (call) => {
        const onnx = new OnnxNodes(own, call.builder, this.custom);
        const made = run(own, () => operator.toOnnx(new PublicCall(call), onnx));
        return valuesOf(own, made, {
          count: call.outputNames().length,
          made: MADE_BY_BUILDER,
          isValue: isOnnxValue,
        });
      },
    };
  }

  schemaOf(target: string): Schema | undefined {
    const operator = this.operatorOf(target);
    return operator?.schema === undefined ? undefined : parseSchemaText(target, operator.schema);
  }

  overloadsOf(name: string): readonly Schema[] {
    const targets = [...this.operators.keys()].flatMap((key) => {
      if (key === name) return [`${name}.default`];
      return key.startsWith(`${name}.`) ? [key] : [];
    });
    return targets.flatMap((target) => this.schemaOf(target) ?? []);
  }

  resultTypes(call: Facts, fresh: () => Dim): readonly RankedType[] | undefined {
    const operator = this.operatorOf(call.target);
    if (!operator) return undefined;
    const rule = this.nameOf("infer", call.target);
    const { infer } = operator;
    if (!infer)
      throw RuleFault.gave(rule, "nothing", "the types of the results, which TorchScript does not state,");
    const types = run(rule, () => infer(new PublicArguments(call)));
    return typesOf(rule, types, undefined, fresh);
  }

  /** The overload's own entry, else the operator's. */
  private operatorOf(target: string): TorchOperator | undefined {
    return this.operators.get(target) ?? this.operators.get(target.replace(/\.\w+$/, ""));
  }

  private nameOf(part: string, target: string): string {
    return `${part} of '${target.replace(/\.default$/, "")}' in ${this.config}`;
  }
}

/** The arguments as a rule sees them. */
class PublicArguments<Source extends Facts> implements TorchArguments {
  protected readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  get target(): string {
    return this.source.target;
  }

  has(name: string): boolean {
    return this.source.has(name);
  }

  int(name: string): number {
    return this.source.int(name);
  }

  ints(name: string): readonly number[] {
    return this.source.ints(name);
  }

  float(name: string): number {
    return this.source.float(name);
  }

  floats(name: string): readonly number[] {
    return this.source.floats(name);
  }

  bool(name: string): boolean {
    return this.source.bool(name);
  }

  string(name: string): string {
    return this.source.string(name);
  }

  type(name: string): TensorType {
    return asTensorType(this.source.type(name));
  }
}

class PublicCall extends PublicArguments<Call> implements TorchCall {
  tensor(name: string): OnnxValue {
    return asOnnxValue(this.source.tensor(name));
  }

  tensors(name: string): readonly OnnxValue[] {
    return this.source.tensors(name).map(asOnnxValue);
  }

  result(index = 0): TensorType {
    return asTensorType(this.source.result(index));
  }
}
