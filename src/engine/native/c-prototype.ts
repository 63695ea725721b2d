// Tables of C functions: a row says where a function is found, what it returns and what it takes, in words that stand for
// C's types and TypeScript's at once.
import type { Address, CFunction, Pointer } from "./c-function.ts";

interface Arguments {
  readonly pointer: Pointer;
  readonly int: number;
  readonly size: number;
  readonly text: string;
  readonly path: string;
}

interface Results {
  readonly pointer: Address;
  readonly int: number;
  readonly size: number;
  readonly text: string;
  readonly nothing: undefined;
}

/** A row; `Place` is where the function is found: a symbol, or an index of a table of pointers. */
export type CRow<Place> = readonly [place: Place, result: keyof Results, ...parameters: (keyof Arguments)[]];

type ArgumentsOf<Words extends readonly (keyof Arguments)[]> = {
  readonly [Index in keyof Words]: Arguments[Words[Index]];
};

type Bound<Row> = Row extends readonly [unknown, infer Result, ...infer Parameters]
  ? CFunction<
      ArgumentsOf<Extract<Parameters, readonly (keyof Arguments)[]>>,
      Results[Extract<Result, keyof Results>]
    >
  : never;

/** The functions of a table. */
export type BoundTable<Table> = { readonly [Name in keyof Table]: Bound<Table[Name]> };

/** C's types by our words. Sizes are size_t and int64_t, of 64 bits wherever these libraries run; paths are wchar_t on Windows. */
const C_TYPES = {
  pointer: "void *",
  int: "int",
  size: "int64_t",
  text: "str",
  path: process.platform === "win32" ? "str16" : "str",
  nothing: "void",
} as const;

/** Binds every row of a table by `find`, which is given C's types. */
export function bindTable<Table extends Readonly<Record<string, CRow<string | number>>>>(
  table: Table,
  find: (place: Table[keyof Table][0], result: string, parameters: string[]) => unknown,
): BoundTable<Table> {
  const bound = Object.entries(table).map(([name, [place, result, ...parameters]]) => {
    const types = parameters.map((word) => C_TYPES[word]);
    return [name, find(place, C_TYPES[result], types)] as const;
  });
  return Object.fromEntries(bound) as unknown as BoundTable<Table>; // the rows say the types
}
