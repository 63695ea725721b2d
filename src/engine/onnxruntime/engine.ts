// The engine on ONNX Runtime: loads a version directory's model.onnx, with the signatures of its saved_model.pb.
// TensorFlow's C API fits the same way: library.ts loads libtensorflow, TF_LoadSessionFromSavedModel takes the place of
// CreateSession and TF_SessionRun that of Run on a thread of the pool; it has no flag to stop a run, and owns its
// outputs until they are copied, as onnxruntime does.
// Not here: conversion, versions, batching.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { fail } from "../../core/errors.ts";
import { readSavedModel } from "../../model/read-saved-model.ts";
import type { Signature } from "../../model/signature.ts";
import { withoutGraphs } from "../../model/without-graphs.ts";
import type { Engine, LoadedModel, LoadOptions } from "../engine.ts";
import { OrtModel } from "./loaded-model.ts";
import { LoopBudget } from "./run-costs.ts";
import { RunSlots, runSlotCount } from "./run-slots.ts";
import { OrtFailure, ortRuntime } from "./runtime.ts";
import { openSession } from "./session.ts";
import { hasSteadyCost, STEADY_MODEL_BYTES } from "./steady-cost.ts";

export interface OnnxRuntimeOptions {
  /** Runs on threads at once, over all models; by default from the cores and libuv's pool (run-slots.ts). */
  readonly runsAtOnce?: number;
  /** False: no run is ever on the event loop, however cheap (run-costs.ts says when one is). */
  readonly runOnLoop?: boolean;
}

export interface OnnxRuntimeEngine extends Engine {
  /**
   * Loads an ONNX file whose inputs and outputs have the names of the signatures. Does not hold the event loop.
   */
  loadOnnx(file: string, signatures: readonly Signature[], options?: LoadOptions): Promise<LoadedModel>;
}

const SERVE_TAG = "serve";

/** An engine; the library is loaded with its first model. Models of all engines share one pool of threads. */
export function onnxRuntimeEngine(options: OnnxRuntimeOptions = {}): OnnxRuntimeEngine {
  let slots: RunSlots | undefined;
  const budget = new LoopBudget();

  async function loadOnnx(
    file: string,
    signatures: readonly Signature[],
    { intraOpThreads = 0, name = file }: LoadOptions = {},
  ): Promise<LoadedModel> {
    const runtime = ortRuntime();
    slots ??= new RunSlots(options.runsAtOnce ?? runSlotCount(runtime.cores));
    try {
      const session = await openSession(runtime, file, intraOpThreads);
      const steadyCost = options.runOnLoop !== false && (await isSteady(file));
      return new OrtModel({ name, runtime, slots, budget, session, signatures, steadyCost });
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
      const signatures = await readSignatures(path.join(directory, "saved_model.pb"));
      return await loadOnnx(path.join(directory, "model.onnx"), signatures, loading);
    },
  };
}

async function isSteady(file: string): Promise<boolean> {
  const { size } = await fs.stat(file);
  return size <= STEADY_MODEL_BYTES && hasSteadyCost(await fs.readFile(file));
}

/** The signatures of the graph that is tagged for serving, or else of the first. */
async function readSignatures(file: string): Promise<readonly Signature[]> {
  const { metaGraphs } = readSavedModel(withoutGraphs(await readFile(file)), file);
  const serving = metaGraphs.find((graph) => graph.tags.includes(SERVE_TAG)) ?? metaGraphs[0];
  return serving?.signatures ?? [];
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs throws nothing else
    if (code === "ENOENT" || code === "ENOTDIR") fail("FILE_NOT_FOUND", { file }, error);
    return fail("FILE_UNREADABLE", { file, reason: code ?? String(error) }, error);
  }
}
