// What a worker's thread runs.
import { modelAdopter } from "../../engine/adopt-model.ts";
import { runWorker } from "./run-worker.ts";

runWorker(modelAdopter);
