// Converts a model file in a process of its own, within limits, so that a file that is hostile or too large can take
// neither the server's memory nor its time, and the server never loads the readers.
// The child is our own command line: `torchferry convert FILE --output BASE`.
// Not here: which files are converted and where they go (converting-engine.ts).
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { type Problem, problem } from "../../core/errors.ts";

export interface ConversionLimits {
  readonly maxSeconds: number;
  /** Memory of the child's own; pages of files that it maps do not count. */
  readonly maxBytes: number;
}

export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How often the child's memory is looked at; it cannot take much more than its limit in between. */
const WATCH_MS = 100;

/** What is kept of what the child says. */
const KEPT_CHARACTERS = 4_000;

/** Exit codes of the command line for which trying again is of no use: the model cannot be converted. */
const REFUSED = 4;

/** V8's last words over --max-old-space-size. */
const HEAP_IS_FULL = /heap out of memory|javascript OOM/i;

/** Resolves to why there is no conversion, or undefined when it is done. `signal` ends the child. */
export async function convertInChild(
  file: string,
  { program, args, env }: ChildCommand,
  limits: ConversionLimits,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const heap = `--max-old-space-size=${Math.ceil(limits.maxBytes / 2 ** 20)}`;
  const child = spawn(program, [heap, ...args], { env, stdio: ["ignore", "ignore", "pipe"], signal });
  let said = "";
  child.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (said = (said + text).slice(-KEPT_CHARACTERS)));
  const over = watch(child, limits);
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.on("exit", endWithUs);
  try {
    const code = await ended(child);
    if (code === 0) return undefined;
    const limit = over.limit() ?? (HEAP_IS_FULL.test(said) ? memoryLimit(limits) : undefined);
    if (limit !== undefined) return problem("CONVERSION_OVER_LIMIT", { file, limit });
    const reason = said.trim().replace(/^torchferry: /gm, "") || `the conversion ended with ${code}`;
    return problem(code === REFUSED ? "CONVERSION_REFUSED" : "CONVERSION_FAILED", { file, reason });
  } finally {
    over.stop();
    process.off("exit", endWithUs);
  }
}

/** The exit code, or the signal that ended it. */
function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message)); // it could not be started, or was told to end
    child.once("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
  });
}

/** Ends the child when it goes over a limit, and then tells which. */
function watch(
  child: ChildProcess,
  { maxSeconds, maxBytes }: ConversionLimits,
): { limit(): string | undefined; stop(): void } {
  let limit: string | undefined;
  const end = (why: string): void => {
    limit ??= why;
    child.kill("SIGKILL");
  };
  const clock = setTimeout(
    () => end(`it took more than ${maxSeconds} s (--convert_max_seconds)`),
    maxSeconds * 1000,
  );
  const memory = setInterval(() => {
    if (ownMemory(child.pid) > maxBytes) end(memoryLimit({ maxBytes }));
  }, WATCH_MS);
  return {
    limit: () => limit,
    stop: () => {
      clearTimeout(clock);
      clearInterval(memory);
    },
  };
}

function memoryLimit({ maxBytes }: Pick<ConversionLimits, "maxBytes">): string {
  return `it took more than ${maxBytes} bytes of memory (--convert_max_memory)`;
}

/** Bytes of the process's own memory; 0 where the system does not tell, and the heap's limit alone holds. */
function ownMemory(pid: number | undefined): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended, or there is no /proc
  }
}
