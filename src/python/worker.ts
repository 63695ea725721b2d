// A Python process that answers requests one after the other: a line of JSON each way, tensors in .npz files.
// Invariant: an answer that does not come is an error that tells what the process said last; `close` ends the process.
// Not here: what it runs (program.ts), what is asked (../sources/, ../engines/).
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { readNpz, writeNpz } from "../bytes/npz.ts";
import type { TensorValue } from "../engine/engine.ts";
import { openFile } from "../files/open-file.ts";
import { writeAll } from "../files/write-all.ts";
import type { DType } from "../tensor/dtype.ts";
import { tensorFromBytes, tensorFromStrings } from "../tensor/tensor.ts";
import type { Environment } from "./find-python.ts";
import { type ProgramName, PYTHON_PROGRAMS } from "./program.ts";

/** How much of what the process writes to stderr is kept for messages. */
const KEPT_STDERR_CHARACTERS = 4000;

/** What Python answered to one request. */
export type Answer = Readonly<Record<string, unknown>>;

/** A request that Python could not fulfil: an exception's type and words, or the end of the process. */
export class PythonFailure extends Error {
  /** What the program says of a failure that it foresaw: a row of the errors table. */
  readonly answer: Answer;

  constructor(message: string, answer: Answer = {}) {
    super(message);
    this.answer = answer;
  }

  /** PyTorch explains itself over pages; the first line says what happened. */
  get headline(): string {
    return this.message.trim().split("\n", 1)[0] ?? "";
  }
}

export class PythonWorker {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly folder: string;
  private stderr = "";
  private files = 0;
  private turn: Promise<unknown> = Promise.resolve();

  /** Starts `python` on a program. `folder` takes the arrays that go to and fro. */
  constructor(python: string, program: ProgramName, folder: string, env: Environment) {
    this.folder = folder;
    this.child = spawn(python, ["-c", PYTHON_PROGRAMS[program]], {
      env: { ...env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const { stdin, stdout, stderr } = this.child;
    if (!stdin || !stdout || !stderr) throw new Error("a child process without pipes");
    stdin.on("error", () => undefined); // a process that ended is told by the missing answer
    this.child.on("error", (error) => this.hear(error.message));
    stderr.setEncoding("utf8").on("data", (text: string) => this.hear(text));
    this.lines = readline.createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** One request; requests wait for each other. Throws PythonFailure. */
  ask(request: string, fields: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = this.turn.then(() => this.askNow(request, fields));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin?.end();
    this.child.kill();
  }

  /** A path in the worker's folder that was not given out before. */
  newFile(ending = ".npz"): string {
    this.files += 1;
    return path.join(this.folder, `python-${this.child.pid ?? 0}-${this.files}${ending}`);
  }

  /** Calls `ask` with a file of these values and one for the answer's, and reads that. */
  async exchange(
    request: string,
    values: readonly TensorValue[],
    fields: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly answer: Answer; readonly values: TensorValue[] }> {
    const [inputs, outputs] = [this.newFile(), this.newFile()];
    try {
      writeValues(inputs, values);
      const dtypes = values.map(({ dtype }) => dtype);
      const answer = await this.ask(request, { inputs, dtypes, outputs, ...fields });
      return { answer, values: readValues(outputs, answer["dtypes"] as DType[]) }; // our own program wrote it
    } finally {
      for (const file of [inputs, outputs]) fs.rmSync(file, { force: true });
    }
  }

  private async askNow(request: string, fields: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify({ do: request, with: fields })}\n`);
    const line = await this.lines.next();
    if (line.done) throw new PythonFailure(`Python ended without an answer: ${this.lastWords()}`);
    const answer = JSON.parse(line.value) as Answer; // our own program wrote it
    if (answer["ok"] !== true) throw new PythonFailure(String(answer["error"]), answer);
    return answer;
  }

  private hear(text: string): void {
    this.stderr = (this.stderr + text).slice(-KEPT_STDERR_CHARACTERS);
  }

  private lastWords(): string {
    const lines = this.stderr.trim().split("\n");
    return lines.at(-1) || "it said nothing";
  }
}

/** Element types that NumPy has no name for travel as integers of the same width. */
const CARRIERS: Partial<Readonly<Record<DType, DType>>> = {
  bfloat16: "int16",
  float8_e4m3fn: "uint8",
  float8_e5m2: "uint8",
  float8_e4m3fnuz: "uint8",
  float8_e5m2fnuz: "uint8",
};

function writeValues(file: string, values: readonly TensorValue[]): void {
  const tensors = values.map(({ dtype, shape, data, strings }, index) => {
    const tensor = strings
      ? tensorFromStrings(shape, strings)
      : tensorFromBytes(CARRIERS[dtype] ?? dtype, shape, data);
    return [String(index), tensor] as const;
  });
  const descriptor = fs.openSync(file, "wx");
  try {
    for (const piece of writeNpz(new Map(tensors))) writeAll(descriptor, piece);
  } finally {
    fs.closeSync(descriptor);
  }
}

function readValues(file: string, dtypes: readonly DType[]): TensorValue[] {
  const source = openFile(file);
  try {
    const arrays = readNpz(source);
    return dtypes.map((dtype, index) => {
      const tensor = arrays.get(String(index));
      if (!tensor) throw new PythonFailure(`Python left out array ${index}`);
      const data = tensor.strings ? new Uint8Array() : tensor.read();
      return { dtype, shape: tensor.shape, data, ...(tensor.strings ? { strings: tensor.strings } : {}) };
    });
  } finally {
    source.close();
  }
}
