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

export function makeLog(io: Io, options: LogOptions): Log & LevelControl {
  const write = options.json ? io.err : (line: string) => io.err(plainLine(line));
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write },
  );
  const log: Log = (level, message, fields = {}) => logger[level](fields, message);
  const setLevel = (level: LogLevel): void => {
    logger.level = level;
  };
  return Object.assign(log, { setLevel });
}

/** Changes which messages are left out, while the server runs. */
export interface LevelControl {
  readonly setLevel: (level: LogLevel) => void;
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
