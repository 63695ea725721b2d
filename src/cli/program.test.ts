import { describe, expect, it } from "vitest";
import { runCli } from "./testing/run-cli.ts";

describe("the command line", () => {
  it.each([
    [["--help"]],
    [["convert", "--help"]],
    [["show", "--help"]],
    [["run", "--help"]],
    [["serve", "--help"]],
  ])("%s begins with examples", async (args) => {
    const { exitCode, out } = await runCli(args);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Examples:\n {2}\$ torchferry /);
  });

  it("documents the exit codes", async () => {
    const { out } = await runCli(["--help"]);
    for (const code of [0, 1, 2, 3, 4, 5]) expect(out).toMatch(new RegExp(`^ {2}${code} {2}`, "m"));
  });

  it("prints the package's version", async () => {
    expect((await runCli(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [["bogus"], "unknown command 'bogus'"],
    [["show", "--bogus"], "unknown option '--bogus'"],
    [["convert"], "missing required argument 'model'"],
    [
      ["convert", "m", "--version", "0"],
      "option '--version <n>' argument '0' is invalid. A number from 1 on is wanted.",
    ],
    [["convert", "m", "--batch-axis", "x"], "option '--batch-axis <[input=]axis>' argument 'x' is invalid."],
    [["serve", "m", "--port", "99999"], "option '--port <port>' argument '99999' is invalid."],
  ])("%j is a mistake of usage", async (args, message) => {
    const { exitCode, out, err } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(`torchferry: ${message}`);
  });

  it("without a command is a mistake of usage, answered with the help", async () => {
    const { exitCode, err } = await runCli([]);
    expect(exitCode).toBe(2);
    expect(err).toContain("Usage: torchferry");
  });

  it("prints no stack trace unless asked to", async () => {
    const quiet = await runCli(["show", "--dir", "/nowhere"]);
    expect(quiet).toEqual({
      exitCode: 3,
      out: "",
      err: "torchferry: SavedModel file does not exist at: /nowhere\n",
    });
    const verbose = await runCli(["show", "--dir", "/nowhere", "--verbose"]);
    expect(verbose.err).toMatch(/\n {4}at /);
    const debug = await runCli(["show", "--dir", "/nowhere"], { env: { DEBUG: "1" } });
    expect(debug.err).toMatch(/\n {4}at /);
  });
});
