// The engine on ONNX Runtime: loads a version directory's model.onnx, with the signatures of its
// saved_model.pb, or one of its own where there is none.
// Not here: conversion, versions, batching.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import type { Signature } from "../../model/signature.ts";
import type { Engine, LoadedModel, LoadOptions } from "../engine.ts";
import { NativeModel } from "../native/native-model.ts";
import { LoopBudget } from "../native/run-costs.ts";
import { RunSlots, sharedRunSlots } from "../native/run-slots.ts";
import { readServedGraph, SAVED_MODEL_FILE } from "../read-served-graph.ts";
import { OrtSession } from "./ort-session.ts";
import { OrtFailure, ortRuntime } from "./runtime.ts";
import { openSession, releaseSession } from "./session.ts";
import { sessionSignature } from "./session-signature.ts";
import { hasSteadyCost, STEADY_MODEL_BYTES } from "./steady-cost.ts";

const ONNX_FILE = "model.onnx";

/** Its name, as `--engine` takes it. */
export const ONNX_RUNTIME = "onnxruntime";

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
   * Loads an ONNX file whose inputs and outputs have the names of the signatures; without signatures it has one, over
   * all of its inputs and outputs. Does not hold the event loop.
   */
  loadOnnx(
    file: string,
    signatures: readonly Signature[] | undefined,
    options?: LoadOptions,
  ): Promise<LoadedModel>;
}

/** An engine; the library is loaded with its first model. Models of all engines share one pool of threads. */
export function onnxRuntimeEngine(options: OnnxRuntimeOptions = {}): OnnxRuntimeEngine {
  const { runsAtOnce, operatorLibraries = [] } = options;
  const slots = runsAtOnce === undefined ? sharedRunSlots() : new RunSlots(runsAtOnce);
  const budget = new LoopBudget();

  async function loadOnnx(
    file: string,
    known: readonly Signature[] | undefined,
    { intraOpThreads = 0, name = file }: LoadOptions = {},
  ): Promise<LoadedModel> {
    const runtime = ortRuntime();
    try {
      const opened = await openSession(runtime, file, { intraOpThreads, operatorLibraries });
      try {
        const signatures = known ?? [sessionSignature(runtime, opened)];
        const steadyCost = options.runOnLoop !== false && (await isSteady(file));
        const session = new OrtSession(runtime, opened);
        const place = { engine: ONNX_RUNTIME, addresses: [opened] };
        const fields = { name, place, session, signatures, slots };
        return new NativeModel({ ...fields, budget: steadyCost ? budget : undefined });
      } catch (error) {
        await releaseSession(runtime, opened);
        throw error;
      }
    } catch (error) {
      if (!(error instanceof OrtFailure)) throw error;
      const reason = error.message.trim().replace(/\s+/g, " ");
      return fail("ENGINE_LOAD_FAILED", { model: name, reason }, error);
    }
  }

  return {
    name: ONNX_RUNTIME,
    loadOnnx,
    async load(directory, loading) {
      const file = path.join(directory, ONNX_FILE);
      const hasOnnx = await isThere(file);
      if (hasOnnx && !(await isThere(path.join(directory, SAVED_MODEL_FILE)))) {
        return await loadOnnx(file, undefined, loading);
      }
      const { signatures } = await readServedGraph(directory, loading?.tags);
      if (!hasOnnx) fail("ONNX_MISSING", { directory });
      return await loadOnnx(file, signatures, loading);
    },
  };
}

async function isThere(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    return false; // what is there and may not be read says so when it is opened
  }
}

async function isSteady(file: string): Promise<boolean> {
  const { size } = await fs.stat(file);
  return size <= STEADY_MODEL_BYTES && hasSteadyCost(await fs.readFile(file));
}
