// The engine on ONNX Runtime: loads a version directory's model.onnx, with the signatures of its saved_model.pb.
// Not here: conversion, versions, batching.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import type { Signature } from "../../model/signature.ts";
import type { Engine, LoadedModel, LoadOptions } from "../engine.ts";
import { NativeModel } from "../native/native-model.ts";
import { LoopBudget } from "../native/run-costs.ts";
import { RunSlots, sharedRunSlots } from "../native/run-slots.ts";
import { readServedGraph } from "../read-served-graph.ts";
import { OrtSession } from "./ort-session.ts";
import { OrtFailure, ortRuntime } from "./runtime.ts";
import { openSession } from "./session.ts";
import { hasSteadyCost, STEADY_MODEL_BYTES } from "./steady-cost.ts";

export interface OnnxRuntimeOptions {
  /** Runs on threads at once, over all models; by default from the cores and libuv's pool (run-slots.ts). */
  readonly runsAtOnce?: number;
  /** Libraries of operators, each with a function RegisterCustomOps. */
  readonly operatorLibraries?: readonly string[] | undefined;
  /** False: no run is ever on the event loop, however cheap (run-costs.ts says when one is). */
  readonly runOnLoop?: boolean;
}

export interface OnnxRuntimeEngine extends Engine {
  /**
   * Loads an ONNX file whose inputs and outputs have the names of the signatures. Does not hold the event loop.
   */
  loadOnnx(file: string, signatures: readonly Signature[], options?: LoadOptions): Promise<LoadedModel>;
}

/** An engine; the library is loaded with its first model. Models of all engines share one pool of threads. */
export function onnxRuntimeEngine(options: OnnxRuntimeOptions = {}): OnnxRuntimeEngine {
  const { runsAtOnce, operatorLibraries = [] } = options;
  const slots = runsAtOnce === undefined ? sharedRunSlots() : new RunSlots(runsAtOnce);
  const budget = new LoopBudget();

  async function loadOnnx(
    file: string,
    signatures: readonly Signature[],
    { intraOpThreads = 0, name = file }: LoadOptions = {},
  ): Promise<LoadedModel> {
    const runtime = ortRuntime();
    try {
      const session = new OrtSession(
        runtime,
        await openSession(runtime, file, { intraOpThreads, operatorLibraries }),
      );
      const steadyCost = options.runOnLoop !== false && (await isSteady(file));
      return new NativeModel({ name, session, signatures, slots, budget: steadyCost ? budget : undefined });
    } catch (error) {
      if (!(error instanceof OrtFailure)) throw error;
      const reason = error.message.trim().replace(/\s+/g, " ");
      return fail("ENGINE_LOAD_FAILED", { model: name, reason }, error);
    }
  }

  return {
    name: "onnxruntime",
    loadOnnx,
    async load(directory, loading) {
      const { signatures } = await readServedGraph(directory, loading?.tags);
      return await loadOnnx(path.join(directory, "model.onnx"), signatures, loading);
    },
  };
}

async function isSteady(file: string): Promise<boolean> {
  const { size } = await fs.stat(file);
  return size <= STEADY_MODEL_BYTES && hasSteadyCost(await fs.readFile(file));
}
