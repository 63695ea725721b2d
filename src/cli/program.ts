// The command line as a whole: its commands, its help, and how every error ends.
// Not here: the work of each command (commands/), the exit codes themselves (core/errors/).
import { Command, CommanderError } from "commander";
import { convertCommand } from "./commands/convert.ts";
import { exportCommand } from "./commands/export.ts";
import { replayCommand } from "./commands/replay.ts";
import { runCommand } from "./commands/run.ts";
import { serveCommand } from "./commands/serve.ts";
import { showCommand } from "./commands/show.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { Io } from "./io.ts";
import { packageVersion } from "./package-version.ts";
import { reportError } from "./report-error.ts";
import { serveArguments } from "./serve/flags.ts";

const EXAMPLES = `Examples:
  $ torchferry convert model.pt2 --output models/resnet
  $ torchferry show model.pt2
  $ torchferry run --dir models/resnet/1 --inputs 'image=image.npy'
  $ torchferry serve models/resnet
`;

const EXIT_CODES = `
Exit codes:
  0  done
  1  anything that is none of the others: a full disk, a port in use
  2  the command line is wrong
  3  an input cannot be read
  4  the model cannot be converted
  5  the numbers differ (verify, convert --verify-with, replay)

Results go to standard output, messages to standard error. NO_COLOR is honoured.
Set DEBUG or give --verbose for stack traces.
`;

/** The width of help that is not printed on a terminal. */
const HELP_COLUMNS = 80;

/** Runs one command line (without `node` and the script) and resolves to the exit code. Never rejects. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  try {
    const { args: known, unknown } = args.includes("serve") ? serveArguments(args) : { args, unknown: [] };
    for (const arg of unknown) io.err(`unknown argument: ${arg}\n`);
    await buildProgram(io).parseAsync([...known], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error, io, args.includes("--verbose"));
  }
}

function buildProgram(io: Io): Command {
  const program = new Command("torchferry")
    .description("Takes a PyTorch model to production: convert, inspect, run and serve it.")
    .version(packageVersion())
    .option("--verbose", "print stack traces of errors")
    .addHelpText("before", EXAMPLES)
    .addHelpText("after", EXIT_CODES)
    .enablePositionalOptions() // `convert --version 3` is not our own --version
    .showHelpAfterError("(torchferry --help tells more)");
  for (const command of [
    convertCommand(io),
    verifyCommand(io),
    exportCommand(io),
    showCommand(io),
    runCommand(io),
    serveCommand(io),
    replayCommand(io),
  ]) {
    program.addCommand(command.option("--verbose", "print stack traces of errors"));
  }
  for (const command of [program, ...program.commands]) adopt(command, io);
  return program;
}

/** Errors become exceptions and texts go through `io`, for each command alike. */
function adopt(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: io.out,
    writeErr: io.err,
    getOutHelpWidth: () => io.columns ?? HELP_COLUMNS,
    getErrHelpWidth: () => io.columns ?? HELP_COLUMNS,
    outputError: (text, write) => write(text.replace(/^error: /, "torchferry: ")),
  });
}
