// Our own version, from package.json: the same file for dist/ and src/.
import * as fs from "node:fs";

export function packageVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }; // our own file
  return version;
}
