// What all parts of following the code share.
import type { TorchExtensions } from "../../extensions.ts";
import type { Code } from "../code.ts";
import type { Parting } from "../paths.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { Value } from "../values.ts";

export interface Context {
  readonly builder: ProgramBuilder;
  readonly code: Code;
  /** The archive's `CONSTANTS.c0`, `c1`, ... */
  readonly constants: readonly Value[];
  /** Version of operators' semantics that the file was written for. */
  readonly version: number;
  /** Operators that are not in the tables. */
  readonly extensions?: TorchExtensions | undefined;
  /** Conditions, by the names of their values, whose outcome is given: the program is followed once for either (paths.ts). */
  readonly decided?: ReadonlyMap<string, boolean>;
  /** Choices after which a size is not known that was known in both branches; the program may part there instead. */
  readonly loosened?: Parting[];
}

/** A call in the code: positional arguments, and those given by name. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Where a call stands, for the origin of what it becomes. */
export interface Place {
  /** Path of the module whose code this is. */
  readonly scope: string;
  /** Such as `File "code/__torch__.py", line 12`. */
  readonly line: string;
  /** Which execution of which operator it is (program-builder.ts: executionOf); undefined where nobody can tell. */
  readonly execution?: string | undefined;
}
