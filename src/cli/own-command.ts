// How this process was started, for a child that runs another command of ours.
import * as fs from "node:fs";

/** The program and the arguments before the command's name; links are followed, since one of our names means `serve`. */
export function ownCommand(): readonly [program: string, ...args: string[]] {
  return [process.execPath, ...process.execArgv, fs.realpathSync(process.argv[1] ?? "")];
}
