// The command line as a process; start.cts is the executable.
import * as path from "node:path";
import { processIo } from "./io.ts";
import { runCommandLine } from "./program.ts";
import { reportError } from "./report-error.ts";

const io = processIo();
// Under TensorFlow Serving's name it takes its command lines as they are.
const isModelServer = path.basename(process.argv[1] ?? "") === "tensorflow_model_server";
const args = [...(isModelServer ? ["serve"] : []), ...process.argv.slice(2)];

// What fails outside of any promise that a command awaits.
process.on("uncaughtException", (error) => {
  process.exit(reportError(error, io, args.includes("--verbose")));
});

process.exitCode = await runCommandLine(args, io);
