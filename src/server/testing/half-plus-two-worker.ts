// A worker whose models are half plus two, and which some inputs do something to (half-plus-two-inputs.ts).
import { runWorker } from "../node/run-worker.ts";
import { halfPlusTwo } from "./half-plus-two.ts";
import { INPUTS } from "./half-plus-two-inputs.ts";

const SLOW_MS = 1000;

runWorker(() => async ({ name }) => {
  const model = await halfPlusTwo().load(name);
  return {
    signatures: model.signatures,
    close: () => model.close(),
    run: async (signature, inputs, outputs) => {
      const x = inputs.get("x")?.data.slice();
      const [first] = new Float32Array(x?.buffer ?? new ArrayBuffer(0));
      if (first === INPUTS.slow) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      if (first === INPUTS.fatal) {
        setImmediate(() => {
          throw new Error("an input that nobody survives");
        });
        await new Promise(() => undefined);
      }
      return model.run(signature, inputs, outputs);
    },
  };
});
