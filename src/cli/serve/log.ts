// The server's log, on the error stream: JSON lines for machines, one plain line a message for people.
import pino from "pino";
import type { Io } from "../io.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface LogOptions {
  readonly json: boolean;
  /** Messages below this level are left out. */
  readonly level: LogLevel;
}

export function makeLog(io: Io, options: LogOptions): Log {
  const write = options.json ? io.err : (line: string) => io.err(plainLine(line));
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write },
  );
  return (level, message, fields = {}) => logger[level](fields, message);
}

/** `2026-01-31T12:00:00.000Z warn message name=value`. */
function plainLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>; // pino's own line
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${plainValue(value)}`);
  return `${time} ${pino.levels.labels[Number(level)]} ${msg}${pairs.join("")}\n`;
}

function plainValue(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
