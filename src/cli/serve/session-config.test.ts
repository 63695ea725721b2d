import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigProtoSchema } from "../../bytes/protobuf/generated/tensorflow_config_pb.ts";
import { readSessionConfig } from "./session-config.ts";

let folder = "";
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "session-config-"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** What a file with this text means to an engine, and the warnings. */
async function read(text: string, engine: string) {
  const file = path.join(folder, "session.pbtxt");
  fs.writeFileSync(file, text);
  const warnings: string[] = [];
  const config = await readSessionConfig(file, engine, (_level, message) => warnings.push(message));
  return { ...config, warnings, file };
}

describe("--tensorflow_session_config_file", () => {
  it("asks for nothing where there is none", async () => {
    const config = await readSessionConfig("", "onnxruntime", () => undefined);
    expect(config).toEqual({ intraOpThreads: 0, interOpThreads: 0, bytes: undefined });
  });

  it("is TensorFlow's whole, but for GPUs", async () => {
    const text = `
      intra_op_parallelism_threads: 3  # and
      inter_op_parallelism_threads: 2
      session_inter_op_thread_pool { num_threads: 5 global_name: "pool" }
      gpu_options { allow_growth: true per_process_gpu_memory_fraction: 0.5 }
      graph_options {
        optimizer_options { global_jit_level: ON_1 opt_level: L0 }
        rewrite_options { layout_optimizer: OFF constant_folding: AGGRESSIVE meta_optimizer_iterations: ONE }
      }
      device_count { key: "CPU" value: 1 }
      experimental { disable_thread_spinning: true }`;
    const { bytes, warnings, ...threads } = await read(text, "tensorflow");
    expect(threads).toMatchObject({ intraOpThreads: 3, interOpThreads: 2 });
    expect(warnings).toEqual([
      "--tensorflow_session_config_file: gpu_options has no effect: models run on the CPU",
    ]);
    const config = fromBinary(ConfigProtoSchema, bytes ?? new Uint8Array());
    expect(config.gpuOptions).toBeUndefined();
    expect(config).toMatchObject({
      intraOpParallelismThreads: 3,
      sessionInterOpThreadPool: [{ numThreads: 5, globalName: "pool" }],
      graphOptions: {
        optimizerOptions: { globalJitLevel: 1, optLevel: -1 },
        rewriteOptions: { layoutOptimizer: 2, constantFolding: 3, metaOptimizerIterations: 1 },
      },
      deviceCount: { CPU: 1 },
      experimental: { disableThreadSpinning: true },
    });
  });

  it("gives onnxruntime its threads, and tells what it does not take", async () => {
    const text = "intra_op_parallelism_threads: 4 inter_op_parallelism_threads: 2 log_device_placement: true";
    const { intraOpThreads, warnings } = await read(text, "onnxruntime");
    expect(intraOpThreads).toBe(4);
    expect(warnings).toEqual([
      "--tensorflow_session_config_file: inter_op_parallelism_threads, log_device_placement: no effect in onnxruntime; --engine tensorflow takes them",
    ]);
    expect((await read("intra_op_parallelism_threads: 4", "onnxruntime")).warnings).toEqual([]);
  });

  it("says where it cannot be read", async () => {
    await expect(read("intra_op_parallelism_threads: 4\nthreads: 2", "auto")).rejects.toMatchObject({
      message: expect.stringContaining("tensorflow.ConfigProto: 2: unknown field"),
    });
    await expect(readSessionConfig("/nowhere", "auto", () => undefined)).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
    });
  });
});
