// Converts many models in one process, with the library of the checkout: seconds where a process each takes minutes.
// Reads lines `{"name", "file", "output", "options"?}` on stdin; answers with a line for each, in order:
// `{"name", "directory"}`, or `{"name", "exit", "problems": [sentence]}` with the command line's exit code.
import { createInterface } from "node:readline";
import { convert, FerryError } from "../dist/index.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { name, file, output, options = {} } = JSON.parse(line);
  console.log(JSON.stringify({ name, ...(await outcome(file, { ...options, output })) }));
}

async function outcome(file, options) {
  try {
    return { directory: (await convert(file, options)).directory };
  } catch (error) {
    if (!(error instanceof FerryError)) return { exit: -1, problems: [String(error?.stack)] };
    const { exit } = error.row;
    return { exit, problems: error.problems.map(({ message }) => message) };
  }
}
