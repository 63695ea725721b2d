// docs/operators.md: every operator that is read, lowered or written, from the tables that do it.
// What an ATen operator becomes is seen, not stated: the recorded programs of the rules' own tests are lowered, and each
// node of the result knows the call that it comes from.
import { type Graph, subgraphsOf } from "../src/graph/graph.ts";
import { DEFINITIONS } from "../src/graph/operators/index.ts";
import { lowerAten } from "../src/read/aten/lower.ts";
import recorded from "../src/read/aten/rules/recorded.fixtures.json" with { type: "json" };
import { loweredTargets, ruleFor } from "../src/read/aten/rules/registry.ts";
import { recordedProgram } from "../src/read/aten/text/recorded-program.ts";
import { EXPANSIONS, PROCESSOR_DOMAINS } from "../src/read/onnx/expand/expansions.ts";
import { UPGRADES } from "../src/read/onnx/upgrade/upgrades.ts";
import { RULES } from "../src/tensorflow/lower/rules/index.ts";
import { OPERATORS } from "../src/tensorflow/operators/table.ts";

/** More would hide the table: the operator is then computed from many others. */
const MAX_SHOWN_OPERATORS = 6;
/** Names of TensorFlow's operators a line. */
const LINE_COLUMNS = 110;

export function operatorsPage(): string {
  const sections = [pytorch(), onnx(), onnxruntime(), tensorflow()];
  return [
    "# Operators",
    "",
    "What is read, and what it becomes. A limit is what the rule refuses, by name and with the place in the model, before",
    "anything is written; search this page for an operator before you begin. Operators of your own:",
    "[custom-operators.md](custom-operators.md).",
    "",
    "NaN goes through arithmetic as in PyTorch. What chooses among elements (maxima, their places, sorting, medians, distinct",
    "values, pooling) takes NaN as the engine does: PyTorch calls it the largest number, engines may pass over it.",
    "",
    ...sections.map(({ summary }) => `- ${summary}`),
    "",
    "Generated from the rules by `npm run docs`.",
    "",
    ...sections.flatMap(({ lines }) => lines),
  ].join("\n");
}

interface Section {
  readonly summary: string;
  readonly lines: readonly string[];
}

function pytorch(): Section {
  const targets = loweredTargets();
  const operators = grouped(targets, (target) => target.replace(/\.[^.]*$/, ""));
  const namespaces = grouped([...operators.keys()], (name) => name.slice(0, name.indexOf("::")));
  const becomes = seenOperators();
  const lines = [
    "## PyTorch",
    "",
    "In-place forms (`add_`) become these. Random operators are refused. What an operator becomes is what the rules' tests",
    "have seen, before simplification; empty where they have not, or where it becomes nothing.",
    "",
  ];
  for (const namespace of [...namespaces.keys()].sort(atenFirst)) {
    lines.push(
      `### ${namespace}`,
      "",
      "| operator | overloads | becomes | limits |",
      "| --- | --- | --- | --- |",
    );
    for (const name of namespaces.get(namespace) ?? []) {
      const overloads = operators.get(name) ?? [];
      const limits = new Set(overloads.flatMap((target) => ruleFor(target)?.limits ?? []));
      const ops = new Set(overloads.flatMap((target) => [...(becomes.get(target) ?? [])]));
      const names = overloads.map((target) => target.slice(name.length + 1));
      lines.push(
        row(`\`${name.slice(namespace.length + 2)}\``, names.join(", "), shown(ops), [...limits].join("; ")),
      );
    }
    lines.push("");
  }
  const summary = `PyTorch: ${operators.size} operators with ${targets.length} overloads`;
  return { summary, lines };
}

function atenFirst(a: string, b: string): number {
  return Number(b === "aten") - Number(a === "aten") || (a < b ? -1 : 1);
}

function grouped(names: readonly string[], keyOf: (name: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) groups.set(keyOf(name), [...(groups.get(keyOf(name)) ?? []), name]);
  return groups;
}

/** By target, the operators of the nodes that come of its calls. */
function seenOperators(): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  for (const one of recorded) collect(lowerAten(recordedProgram(one)), seen);
  return seen;
}

function collect(graph: Graph, seen: Map<string, Set<string>>): void {
  for (const node of graph.nodes) {
    const target = node.origin.operator;
    if (!seen.has(target)) seen.set(target, new Set());
    seen.get(target)?.add(node.operator);
    for (const inner of subgraphsOf(node)) collect(inner, seen);
  }
}

function shown(ops: ReadonlySet<string>): string {
  if (ops.size > MAX_SHOWN_OPERATORS) return `${ops.size} operators`;
  return [...ops].sort().join(", ");
}

function onnx(): Section {
  const rules = new Map(RULES.map((rule) => [rule.op, rule]));
  const definitions = DEFINITIONS.filter(({ domain }) => !domain).toSorted((a, b) => (a.op < b.op ? -1 : 1));
  const lines = [
    "## ONNX",
    "",
    "Opset 6 to 28 is read. Inside, an operator has the form of the opset that is given here; older forms are brought up",
    "to it at the opsets named. A model is written in the smallest opset that has its operators, at least 18.",
    "",
    "| operator | form of opset | brought up at | TensorFlow | limits in TensorFlow |",
    "| --- | ---: | --- | --- | --- |",
  ];
  for (const { op, since } of definitions) {
    const steps = UPGRADES.filter((upgrade) => upgrade.ops.includes(op)).map((upgrade) => upgrade.since);
    const rule = rules.get(op);
    lines.push(
      row(op, String(since), steps.join(", "), rule ? "yes" : (FOLDED.get(op) ?? "no"), rule?.limits ?? ""),
    );
  }
  const last = new Map(
    UPGRADES.toSorted((a, b) => a.since - b.since).flatMap(({ ops, since }) => ops.map((op) => [op, since])),
  );
  for (const { op } of definitions) last.delete(op);
  const names = [...last].map(([op, since]) => `${op} (until ${since})`).sort();
  lines.push("", `Operators that opset 21 no longer has, read as others: ${names.join(", ")}.`, "");
  const lowered = definitions.filter(({ op }) => rules.has(op)).length;
  return {
    summary: `ONNX: ${definitions.length} operators are known, ${lowered} of them become TensorFlow`,
    lines,
  };
}

/** Operators that are gone before TensorFlow is written. */
const FOLDED: ReadonlyMap<string, string> = new Map([["Constant", "a constant"]]);

function onnxruntime(): Section {
  const lines = [
    "## onnxruntime",
    "",
    "Operators that its optimiser (levels basic and extended) and its quantiser write, read as those of ONNX. Files of",
    `level \`all\` hold the memory layout of one processor (${PROCESSOR_DOMAINS.map((name) => `\`${name}\``).join(", ")}) and`,
    "are refused: save with `ORT_ENABLE_EXTENDED`.",
    "",
    "| operator | domain | limits |",
    "| --- | --- | --- |",
  ];
  const rows = Object.entries(EXPANSIONS).flatMap(([domain, expansions]) =>
    expansions.flatMap(({ ops, limits = "" }) => ops.map((op) => [op, domain || "ai.onnx", limits] as const)),
  );
  for (const cells of rows.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) lines.push(row(...cells));
  const supported = rows.filter(([, , limits]) => limits !== "not supported").length;
  return {
    summary: `onnxruntime: ${supported} operators of its own, read as those of ONNX`,
    lines: [...lines, ""],
  };
}

function tensorflow(): Section {
  const names = Object.keys(OPERATORS).sort();
  const lines = [
    "## TensorFlow",
    "",
    "Every operator that a SavedModel may hold, all with CPU kernels in TensorFlow 2.21:",
    "",
  ];
  let line = "";
  for (const [index, name] of names.entries()) {
    const word = index === names.length - 1 ? `${name}.` : `${name},`;
    if (line.length + word.length >= LINE_COLUMNS) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return { summary: `TensorFlow: ${names.length} operators are written`, lines: [...lines, line, ""] };
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
