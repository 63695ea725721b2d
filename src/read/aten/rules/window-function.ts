// Windows for spectra as constants: sums of cosines over the length, or over one less if they are not periodic.
// Source: https://docs.pytorch.org/docs/stable/signal.html
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const NAMES = ["hann_window", "hamming_window", "blackman_window", "bartlett_window"];

export const WINDOW: Rule = {
  targets: [
    ...NAMES.flatMap((name) => [`aten::${name}.default`, `aten::${name}.periodic`]),
    "aten::hamming_window.periodic_alpha",
    "aten::hamming_window.periodic_alpha_beta",
  ],
  emit(call) {
    const length = call.int("window_length");
    const periodic = call.has("periodic") ? call.bool("periodic") : true;
    const span = periodic ? length : length - 1;
    const values = Array.from({ length }, (_, at) => (length === 1 ? 1 : weight(call, at / span)));
    return call.table(call.result().dtype, [length], values);
  },
};

/** The window at a share of its length between 0 and 1. */
function weight(call: Call, share: number): number {
  const cosine = Math.cos(2 * Math.PI * share);
  if (call.name === "hann_window") return 0.5 - 0.5 * cosine;
  if (call.name === "bartlett_window") return 1 - Math.abs(2 * share - 1);
  if (call.name === "blackman_window") return 0.42 - 0.5 * cosine + 0.08 * Math.cos(4 * Math.PI * share);
  if (call.name !== "hamming_window") throw new Refusal("this window is not known");
  const alpha = call.optionalFloat("alpha") ?? 0.54;
  return alpha - (call.optionalFloat("beta") ?? 0.46) * cosine;
}
