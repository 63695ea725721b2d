// What a server says about itself. Lines that scripts wait for are TensorFlow Serving's own.

export type LogLevel = "debug" | "info" | "warn" | "error";

/** `message` is the line; `fields` are its facts for programs. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;
