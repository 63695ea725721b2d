import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Outcome, runCli } from "../testing/run-cli.ts";

const PT2 = fileURLToPath(new URL("../../../examples/digits/digits.pt2", import.meta.url));
const ANY_PORTS = ["--port", "any", "--rest_api_port", "any"];
const IMAGE = JSON.stringify({ instances: [[Array.from({ length: 8 }, () => Array(8).fill(0.5))]] });

/** In the place of our command line in a child: notes what it is asked, and puts a finished conversion there. */
const CONVERT = `
  const fs = require("node:fs"), asked = process.argv.slice(1);
  fs.appendFileSync(process.env.NOTES, JSON.stringify(asked) + "\\n");
  fs.cpSync(process.env.CONVERTED, asked[3], { recursive: true });
`;

let scratch: string;
beforeAll(async () => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), "serve-"));
  await runCli(["convert", PT2, "--output", path.join(scratch, "converted")]);
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

/** Serves until `use` has had its answers, which it asks for at the URL once the model is available. */
async function serveWhile(
  args: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<Outcome & { failure: unknown }> {
  let failure: unknown;
  const outcome = await runCli(["serve", ...args], {
    env: {
      TORCHFERRY_CACHE: path.join(scratch, "cache"),
      CONVERTED: path.join(scratch, "converted"),
      NOTES: path.join(scratch, "notes"),
    },
    command: [process.execPath, "-e", CONVERT],
    stopAfter: (out) => {
      const url = /^REST {2}(\S+)$/m.exec(out)?.[1];
      if (!url || !/ (?:is|are) available, /.test(out)) return undefined;
      return use(url).catch((error: unknown) => {
        failure = error;
      });
    },
  });
  return { ...outcome, failure };
}

describe("torchferry serve", () => {
  it("lets a child convert a model file into the cache once, serves it, and ends with 0 when asked to stop", async () => {
    const answers: unknown[] = [];
    const ask = async (url: string): Promise<void> => {
      const answer = await fetch(`${url}:predict`, { method: "POST", body: IMAGE });
      answers.push(await answer.json());
    };
    const given = [PT2, "--input", "x=float32[batch,1,8,8]", "--input", "flip=True", ...ANY_PORTS];
    const first = await serveWhile(given, ask);
    expect(first).toMatchObject({ exitCode: 0, failure: undefined });
    expect(first.out).toMatch(/digits\.pt2: converted in .*: .*cache\/models\/digits-[0-9a-f]{16}\n/);
    expect(first.out).toMatch(/^gRPC {2}localhost:\d+$/m);
    expect(first.out).toMatch(/^REST {2}http:\/\/localhost:\d+\/v1\/models\/digits$/m);
    const second = await serveWhile(given, ask);
    expect(second.out).toContain("digits.pt2: was converted before: ");
    const [asked, ...more] = fs.readFileSync(path.join(scratch, "notes"), "utf8").trim().split("\n");
    const base = / in .*: (.*)\n/.exec(first.out)?.[1];
    const inputs = ["--input", "x=float32[batch,1,8,8]", "--input", "flip=True"];
    expect([JSON.parse(asked ?? ""), more]).toEqual([["convert", PT2, "--output", base, ...inputs], []]);
    expect(answers[0]).toMatchObject({ predictions: [{ output_0: expect.any(Array) }] });
    expect(answers[1]).toEqual(answers[0]);
  });

  it("ends the child and with 0 when asked to stop while it converts", async () => {
    const file = path.join(scratch, "child");
    const wait = `require("node:fs").writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`;
    const { exitCode, out } = await runCli(["serve", PT2, ...ANY_PORTS], {
      env: { TORCHFERRY_CACHE: path.join(scratch, "another-cache") },
      command: [process.execPath, "-e", wait],
      stopAfter: (_out, err) =>
        err.includes("converting")
          ? vi.waitUntil(() => fs.existsSync(file) && fs.statSync(file).size > 0)
          : undefined,
    });
    expect([exitCode, out]).toEqual([0, ""]);
    const child = Number(fs.readFileSync(file, "utf8"));
    await vi.waitFor(() => expect(() => process.kill(child, 0)).toThrow("ESRCH"));
  });

  it("ends with 0 when asked to stop before the first model of --tf_serving_strict is there", async () => {
    const base = path.join(scratch, "nothing-yet");
    const { exitCode, out } = await runCli(
      ["serve", "--tf_serving_strict", "--model_base_path", base, ...ANY_PORTS],
      {
        stopAfter: (_out, err) => (err.includes("Could not find base path") ? Promise.resolve() : undefined),
      },
    );
    expect([exitCode, out]).toEqual([0, ""]);
  });

  it("serves a directory under the name it is given", async () => {
    const base = path.join(scratch, "some-directory");
    await runCli(["convert", PT2, "--output", base, "--version", "5"]);
    let status: unknown;
    const outcome = await serveWhile(
      ["--model_name", "net", "--model_base_path", base, ...ANY_PORTS],
      async (url) => {
        expect(url).toMatch(/\/v1\/models\/net$/);
        status = await (await fetch(url)).json();
      },
    );
    expect(outcome).toMatchObject({ exitCode: 0, failure: undefined });
    expect(status).toMatchObject({ model_version_status: [{ version: "5", state: "AVAILABLE" }] });
  });

  it("prints its addresses as JSON for scripts, and logs JSON lines", async () => {
    const base = path.join(scratch, "some-directory");
    const { exitCode, out, err } = await runCli(["serve", base, ...ANY_PORTS, "--json"], {
      stopAfter: (text) => (text.endsWith("\n") ? Promise.resolve() : undefined),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      model: "some-directory",
      rest: expect.stringMatching(/^http:\/\/localhost:\d+\/v1\/models\/some-directory$/),
      grpc: expect.stringMatching(/^localhost:\d+$/),
    });
    for (const line of err.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
  });

  it.each([
    [
      [],
      2,
      "give a model file, a directory, --model_base_path DIRECTORY or --model_config_file FILE, one of the four",
    ],
    [["/nowhere/model.pt2"], 3, "/nowhere/model.pt2: there is no such file; check the path"],
    [
      ["--model_base_path", "/x", "--port", "0"],
      2,
      "--port and --rest_api_port are both off; give one of them",
    ],
  ])("%j ends with one message", async (args, code, message) => {
    expect(await runCli(["serve", ...args])).toEqual({
      exitCode: code,
      out: "",
      err: `torchferry: ${message}\n`,
    });
  });

  it("serves what a configuration file lists, under its labels", async () => {
    const base = path.join(scratch, "some-directory");
    const file = path.join(scratch, "models.config");
    const model = (name: string, more = "") =>
      `config { name: '${name}', base_path: "${base}/", model_platform: "tensorflow" ${more} }`;
    const label = `version_labels { key: "stable" value: 5 }`;
    fs.writeFileSync(file, `model_config_list: { # two of them\n${model("a", label)} ${model("b")} }`);
    const answers: unknown[] = [];
    const outcome = await serveWhile([`--model_config_file=${file}`, ...ANY_PORTS], async (url) => {
      expect(url).toMatch(/\/v1\/models\/a$/);
      for (const address of [`${url}/labels/stable:predict`, `${url.replace(/a$/, "b")}:predict`]) {
        answers.push((await fetch(address, { method: "POST", body: IMAGE })).status);
      }
    });
    expect(outcome).toMatchObject({ exitCode: 0, failure: undefined });
    expect(answers).toEqual([200, 200]);
    expect(outcome.out).toContain("a, b are available, ");
  });

  it("says in TensorFlow Serving's words what is wrong with a configuration file", async () => {
    const file = path.join(scratch, "bad.config");
    fs.writeFileSync(file, "improper model config");
    const { exitCode, out, err } = await runCli(["serve", "--model_config_file", file]);
    const message = `Invalid protobuf file: '${file}': Error parsing text-format tensorflow.serving.ModelServerConfig: 1: unknown field "improper" for message tensorflow.serving.ModelServerConfig`;
    expect([exitCode, out]).toEqual([1, `Failed to start server. Error: INVALID_ARGUMENT: ${message}\n`]);
    expect(err).toBe(`torchferry: ${message}\n`);
  });

  it("prints the version as tensorflow_model_server does", async () => {
    const { exitCode, out } = await runCli(["serve", "--version"]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^TensorFlow ModelServer: torchferry \S+\nTensorFlow Library: onnxruntime\n$/);
  });

  it("asks for the base where it is given a version", async () => {
    const base = path.join(scratch, "some-directory");
    const { exitCode, err } = await runCli(["serve", path.join(base, "5"), ...ANY_PORTS]);
    expect(exitCode).toBe(2);
    expect(err).toBe(
      `torchferry: ${path.join(base, "5")}: is one version; give the directory that holds the versions: ${base}\n`,
    );
  });
});
