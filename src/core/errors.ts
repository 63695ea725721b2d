// The errors table, and the two ways to carry a row of it.
// Inside a part a function returns `T | Problem`; at the part's border `raise` turns problems into one FerryError.
// The documentation page docs/errors.md is generated from this table.
// Not here: the rows, which stand by topic in errors/.
import { CONVERSION_ERRORS } from "./errors/conversion.ts";
import { CUSTOM_ERRORS } from "./errors/custom.ts";
import { ENGINE_ERRORS } from "./errors/engine.ts";
import { FILE_FORMAT_ERRORS } from "./errors/file-formats.ts";
import { GRAPH_ERRORS } from "./errors/graph.ts";
import { INPUT_ERRORS } from "./errors/input.ts";
import { MODEL_FILE_ERRORS } from "./errors/model-files.ts";
import { OTHER_KIND_ERRORS } from "./errors/other-kinds.ts";
import { OUTPUT_ERRORS } from "./errors/output.ts";
import type { ErrorRow } from "./errors/row.ts";
import { SERVING_ERRORS } from "./errors/serving.ts";
import { SERVING_BATCHING_ERRORS } from "./errors/serving-batching.ts";
import { SERVING_CONFIGURATION_ERRORS } from "./errors/serving-configuration.ts";
import { SERVING_EXAMPLE_ERRORS } from "./errors/serving-examples.ts";
import { OPEN_INFERENCE_ERRORS } from "./errors/serving-open-inference.ts";
import { SERVING_OPERATION_ERRORS } from "./errors/serving-operations.ts";
import { USAGE_ERRORS } from "./errors/usage.ts";
import { VERIFICATION_ERRORS } from "./errors/verification.ts";

export const ERRORS = {
  ...USAGE_ERRORS,
  ...INPUT_ERRORS,
  ...FILE_FORMAT_ERRORS,
  ...MODEL_FILE_ERRORS,
  ...OTHER_KIND_ERRORS,
  ...CONVERSION_ERRORS,
  ...CUSTOM_ERRORS,
  ...GRAPH_ERRORS,
  ...OUTPUT_ERRORS,
  ...ENGINE_ERRORS,
  ...VERIFICATION_ERRORS,
  ...SERVING_ERRORS,
  ...SERVING_BATCHING_ERRORS,
  ...SERVING_CONFIGURATION_ERRORS,
  ...SERVING_EXAMPLE_ERRORS,
  ...OPEN_INFERENCE_ERRORS,
  ...SERVING_OPERATION_ERRORS,
} as const;

export type ErrorCode = keyof typeof ERRORS;

type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The fields that a code's sentence needs; leaving one out does not compile. */
export type ErrorFields<Code extends ErrorCode> = Record<
  Placeholders<(typeof ERRORS)[Code]["text"]>,
  string | number
>;

/** One reason why something cannot be done, as data. */
export class Problem {
  readonly code: ErrorCode;
  readonly fields: Readonly<Record<string, string | number>>;
  readonly cause: unknown;

  constructor(code: ErrorCode, fields: Readonly<Record<string, string | number>>, cause?: unknown) {
    this.code = code;
    this.fields = fields;
    this.cause = cause;
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }

  /** The sentence with its placeholders filled in. */
  get message(): string {
    return this.row.text.replace(/\{(\w+)\}/g, (whole, name: string) => String(this.fields[name] ?? whole));
  }
}

/** An error of ours: one or more problems of the table, the first deciding exit code and statuses. */
export class FerryError extends Error {
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems.map((problem) => problem.message).join("\n"), { cause: problems[0].cause });
    this.name = "FerryError";
    this.problems = problems;
  }

  get code(): ErrorCode {
    return this.problems[0].code;
  }

  get row(): ErrorRow {
    return this.problems[0].row;
  }
}

/** Makes a problem. The fields are checked against the sentence's placeholders at compile time. */
export function problem<Code extends ErrorCode>(
  code: Code,
  fields: ErrorFields<Code>,
  cause?: unknown,
): Problem {
  return new Problem(code, fields, cause);
}

/** Throws one problem as an error; for the border of a part. */
export function fail<Code extends ErrorCode>(code: Code, fields: ErrorFields<Code>, cause?: unknown): never {
  throw new FerryError([problem(code, fields, cause)]);
}

/** Throws all problems at once, if there are any. */
export function raise(problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first) throw new FerryError([first, ...rest]);
}
