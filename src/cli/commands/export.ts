// `torchferry export`: a module of the user's own code to a .pt2 file whose batch is free.
// Not here: running Python (python/export-module.ts).
import { Command, InvalidArgumentError } from "commander";
import { fail } from "../../core/errors.ts";
import type { Io } from "../io.ts";
import { collectInput, INPUT_FLAG, type InputSpecs } from "../model-inputs/input-flag.ts";
import { parseNamedSizes } from "../model-inputs/named-sizes.ts";
import { seconds } from "../seconds.ts";
import { statusLine } from "../verify/status-line.ts";

interface ExportFlags {
  input?: InputSpecs;
  weights?: string;
  output: string;
  args?: unknown;
  sizes?: Record<string, number>;
  strict?: boolean;
  python?: string[];
  json?: boolean;
}

const EXAMPLES = `Examples:
  $ torchferry export net.py:Net --input image=float32[batch,3,224,224] --weights net.pth --output net.pt2
  $ torchferry export net.py:make_model --args '{"layers": 4}' --input tokens=int64[batch,length]
`;

const DESCRIPTION = `Runs torch.export in your own Python, on a module, a class or a function that returns a module.
Sizes that are names stay free in the exported file; the example they are exported with is never of size 1.
This executes the code of SCRIPT.py: run it on code of people you trust.`;

export function exportCommand(io: Io): Command {
  return new Command("export")
    .summary("export a module of your own code to a .pt2 file with a free batch")
    .description(DESCRIPTION)
    .argument("<script.py:name>", "a Python file, and what in it is the module or makes it")
    .option(
      INPUT_FLAG,
      "what an input of forward is, by the parameter's name; sizes that are names are free",
      collectInput,
    )
    .option("--weights <file>", "the module's state_dict: .pt or .pth, or .safetensors")
    .option("--output <file>", "the file to write", "model.pt2")
    .option("--args <json>", 'arguments of the class or function: [..] or {"name": ..}', parseJson)
    .option("--sizes <name=size>", "free sizes of the example, where the model wants others", parseNamedSizes)
    .option("--strict", "trace Python's bytecode (torch.export's strict mode) instead of running forward")
    .option("--python <path>", "the Python that has torch; may be repeated", collect)
    .option("--json", "print the result as one JSON object")
    .addHelpText("before", EXAMPLES)
    .action(async (target: string, flags: ExportFlags) => exportScript(target, flags, io));
}

async function exportScript(target: string, flags: ExportFlags, io: Io): Promise<void> {
  const [, script, name] = /^(.+):([A-Za-z_]\w*)$/.exec(target) ?? [];
  if (script === undefined || name === undefined) {
    return fail("USAGE", { message: `'${target}': SCRIPT.py:NAME is wanted, such as net.py:Net` });
  }
  if (!flags.output.endsWith(".pt2")) {
    return fail("USAGE", { message: `--output ${flags.output}: a name that ends in .pt2 is wanted` });
  }
  const started = performance.now();
  const status = statusLine(io);
  const { exportModule } = await import("../../python/export-module.ts"); // other commands need none of it
  const { output } = flags;
  const exported = await exportModule({
    script,
    name,
    output,
    inputs: flags.input ?? {},
    sizes: flags.sizes ?? {},
    weights: flags.weights,
    arguments: flags.args ?? [],
    strict: flags.strict ?? false,
    pythons: flags.python ?? [],
    env: io.env,
    note: (text) => status.note(text),
  });
  const { bounded } = exported;
  if (bounded.length > 0) status.note(`free within bounds that the code sets: ${bounded.join(", ")}`);
  if (flags.json) io.out(`${JSON.stringify({ ok: true, file: output, ...exported })}\n`);
  else {
    const size = `${(exported.byteLength / 1e6).toFixed(1)} MB`;
    io.out(`${target}: exported to ${output} (${size}) by torch ${exported.torch} in ${seconds(started)}\n`);
  }
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // told below
  }
  throw new InvalidArgumentError('A JSON list or object is wanted, such as [3, 10] or {"classes": 10}.');
}

function collect(name: string, before: readonly string[] = []): string[] {
  return [...before, name];
}
