// What `verify` prints: a row for each output that was compared, the largest error of all, and where the numbers part.
import type { Parting, Report, Row } from "../../verify/report.ts";
import { columns } from "../columns.ts";
import { bold, type Io } from "../io.ts";

const HEAD = ["engine", "batch", "output", "dtype", "shape", "largest error", "relative", "allowed", ""];
/** Columns of numbers, by place. */
const NUMBERS = [5, 6, 7];

/** For people. */
export function printReport(report: Report, io: Io): void {
  const [head = "", ...lines] = columns([HEAD, ...report.rows.map(cells)], NUMBERS);
  io.out(`${[bold(io, head), ...lines].join("\n")}\n${summary(report)}\n`);
  if (report.parting) io.out(`${partingText(report.parting)}\n`);
}

/** For scripts: one object; numbers that are not there are null. */
export function reportAsJson(report: Report): string {
  return JSON.stringify({
    ok: report.rows.every(({ verdict }) => verdict === "equal" || verdict === "not run"),
    reference: report.reference,
    rows: report.rows.map(nullForUndefined),
    parting: report.parting ? nullForUndefined(report.parting) : null,
  });
}

function nullForUndefined(of: Row | Parting): unknown {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, jsonValue(value)]));
}

/** JSON has no infinity; a relative error is one where every wanted value is zero. */
function jsonValue(value: unknown): unknown {
  if (value === undefined) return null;
  return value === Number.POSITIVE_INFINITY ? "Infinity" : value;
}

function cells(row: Row): string[] {
  return [
    row.precision ? `${row.engine} ${row.precision}` : row.engine,
    row.batch,
    row.output,
    row.dtype ?? "",
    row.dtype === undefined ? "" : `(${row.shape.join(", ")})`,
    number(row.largestError),
    number(row.relativeError),
    row.dtype === undefined ? "" : number(row.tolerance),
    [row.verdict, row.reason && `: ${row.reason}`, row.weakness && ` (${row.weakness}: proves little)`]
      .filter(Boolean)
      .join(""),
  ];
}

function number(value: number | undefined): string {
  if (value === undefined) return "";
  return value === 0 ? "0" : value.toExponential(1);
}

function summary({ rows, reference }: Report): string {
  const compared = rows.filter(({ verdict }) => verdict !== "not run");
  const equal = compared.filter(({ verdict }) => verdict === "equal");
  const errors = compared.flatMap(({ relativeError }) => relativeError ?? []);
  const largest = errors.length === 0 ? "" : `; the largest relative error is ${number(Math.max(...errors))}`;
  const weak = equal.filter(({ weakness }) => weakness !== undefined).length;
  const little = weak === 0 ? "" : `; ${weak} of them empty or constant`;
  return `${equal.length} of ${compared.length} outputs equal to ${reference}${largest}${little}`;
}

function partingText(parting: Parting): string {
  const [first, second] = parting.between;
  if (parting.kind === "unknown")
    return `no operator was found at which ${first} and ${second} part: ${parting.reason}`;
  const origin = [
    parting.module && `  module: ${parting.module}`,
    parting.line && `  line: ${parting.line}${parting.code && `: ${parting.code}`}`,
    `  value: ${parting.value}, computed by ${listed(parting.nodes)}`,
  ].filter(Boolean);
  const name = parting.operator || parting.nodes.at(-1) || parting.value;
  return [headline(parting, name, first, second), ...origin, ...reproductionText(parting)].join("\n");
}

function headline(parting: Parting, name: string, first: string, second: string): string {
  const error = number(parting.relativeError);
  if (parting.kind === "accumulated") {
    return (
      `no operator of ${second} differs when it is fed with the values of ${first}: rounding adds up, ` +
      `to ${error} at ${name}, or the difference lies in what an engine makes of the whole`
    );
  }
  const how = parting.reason ?? `by ${error} of its largest value`;
  return `${first} and ${second} part at ${name}, whose output differs for the same inputs: ${how}`;
}

const MAX_LISTED = 6;

function listed(nodes: readonly string[]): string {
  if (nodes.length <= MAX_LISTED) return nodes.join(", ");
  return `${nodes.slice(0, MAX_LISTED).join(", ")} and ${nodes.length - MAX_LISTED} more`;
}

function reproductionText({ reproduction }: Parting): string[] {
  if (!reproduction) return [];
  const { model, arrays } = reproduction;
  return [`  alone in ${model}: torchferry verify ${model} --with ${arrays}`];
}
