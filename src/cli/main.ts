// The command line as a process; start.cts is the executable.
import { processIo } from "./io.ts";
import { runCommandLine } from "./program.ts";
import { reportError } from "./report-error.ts";

const io = processIo();
const args = process.argv.slice(2);

// What fails outside of any promise that a command awaits.
process.on("uncaughtException", (error) => {
  process.exit(reportError(error, io, args.includes("--verbose")));
});

process.exitCode = await runCommandLine(args, io);
