// The generated pages of docs/. `npm run docs` writes them anew; this test fails where one is out of date.
import { describe, expect, it } from "vitest";
import { runCli } from "../src/cli/testing/run-cli.ts";
import { CONVERSION_ERRORS } from "../src/core/errors/conversion.ts";
import { ERRORS } from "../src/core/errors.ts";
import { loweredTargets, ruleFor } from "../src/read/aten/rules/registry.ts";
import { RULES } from "../src/tensorflow/lower/rules/index.ts";
import { operatorsPage } from "./operators-page.ts";
import { sourceFiles } from "./sources.ts";

describe("docs/errors.md", () => {
  it("is the errors table", async () => {
    await expect(errorsPage()).toMatchFileSnapshot("../docs/errors.md");
  });

  it("misses no row: a code stands in one topic file only", () => {
    const topics = sourceFiles().filter(
      (file) => /^src\/core\/errors\/[\w-]+\.ts$/.test(file.path) && !file.isTest,
    );
    const codes = topics.flatMap((file) =>
      Array.from(file.text.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm), ([, code]) => code),
    );
    expect(codes).toContain(Object.keys(CONVERSION_ERRORS)[0]);
    expect([...codes].sort()).toEqual(Object.keys(ERRORS).sort());
  });
});

describe("docs/cli.md", () => {
  it("is the help of every command", async () => {
    await expect(await cliPage()).toMatchFileSnapshot("../docs/cli.md");
  });
});

describe("docs/operators.md", () => {
  it("is the rules' tables", async () => {
    await expect(operatorsPage()).toMatchFileSnapshot("../docs/operators.md");
  });

  it.each([
    ["PyTorch", loweredTargets().flatMap((target) => ruleFor(target) ?? [])],
    ["TensorFlow", RULES],
  ])("names the limits of every rule for %s that refuses", (_, rules) => {
    const silent = rules.filter((rule) => rule.refuse && !rule.limits);
    expect(silent.map((rule) => ("targets" in rule ? rule.targets[0] : rule.op))).toEqual([]);
  });
});

const COMMANDS = ["convert", "show", "run", "serve"];

async function cliPage(): Promise<string> {
  const page = ["# Command line", "", "Generated from the commands' own help by `npm run docs`.", ""];
  for (const args of [[], ...COMMANDS.map((command) => [command])]) {
    const { out } = await runCli([...args, "--help"]);
    page.push(`## ${["torchferry", ...args].join(" ")}`, "", "```", out.trimEnd(), "```", "");
  }
  return page.join("\n");
}

const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  1: "anything else",
  2: "usage",
  3: "unreadable input",
  4: "cannot be converted",
  5: "numbers differ",
};

function errorsPage(): string {
  const rows = Object.entries(ERRORS).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(
    ([code, row]) => `| \`${code}\` | ${row.exit} | ${row.http} | ${row.grpc} | ${escapeCell(row.text)} |`,
  );
  const exits = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);
  return [
    "# Errors",
    "",
    "Every error has a row here. Words in braces are filled in. The command line prints the sentence and ends with the",
    `exit code (${exits.join(", ")}); the server answers with the HTTP or gRPC status.`,
    "",
    "Generated from `src/core/errors/` by `npm run docs`.",
    "",
    "| code | exit | HTTP | gRPC | sentence |",
    "| --- | ---: | ---: | ---: | --- |",
    ...lines,
    "",
  ].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}
