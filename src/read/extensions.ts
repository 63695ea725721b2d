// Operators that are not in the tables: what a caller hands to the readers to have them read all the same.
// Not here: where they come from (custom/).
import type { Dim } from "../graph/dim.ts";
import type { OperatorDefinition } from "../graph/operators/definition.ts";
import type { RankedType } from "../graph/typed-graph.ts";
import type { Facts } from "./aten/argument.ts";
import type { Rule } from "./aten/rule.ts";
import type { Schema } from "./aten/schema.ts";
import type { Expansion } from "./onnx/expand/expansion.ts";

export interface Extensions {
  readonly torch: TorchExtensions;
  /** By domain and name, such as `com.example::Snake`. */
  readonly onnx: ReadonlyMap<string, OnnxExtension>;
}

/** Operators of PyTorch. */
export interface TorchExtensions {
  /** The rule of `demo::snake.default`. */
  ruleFor(target: string): Rule | undefined;
  schemaOf(target: string): Schema | undefined;
  /** All schemas of `demo::snake`. */
  overloadsOf(operator: string): readonly Schema[];
  /** Types of a call's results, for files that do not state them; undefined if nothing is known. */
  resultTypes(call: Facts, fresh: () => Dim): readonly RankedType[] | undefined;
}

/** An operator of another ONNX domain: replaced by others, or kept with what its definition knows. */
export interface OnnxExtension {
  readonly definition: OperatorDefinition;
  readonly expansion?: Expansion;
}
