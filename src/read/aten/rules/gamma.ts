// The gamma function's relatives.
// Not here: their formulas (../gamma.ts).
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import { digamma, logGamma, polygamma } from "../gamma.ts";
import { inDouble } from "../reals.ts";
import type { Rule } from "../rule.ts";

export const LOG_GAMMA: Rule = {
  targets: ["aten::lgamma.default", "aten::special_gammaln.default"],
  emit: (call) => inDouble(call, "self", logGamma),
};

export const DIGAMMA: Rule = {
  targets: ["aten::digamma.default", "aten::special_digamma.default", "aten::special_psi.default"],
  emit: (call) => inDouble(call, "self", digamma),
};

/** Beyond this order factorials leave float64's range. */
const MAX_ORDER = 100;

export const POLYGAMMA: Rule = {
  targets: ["aten::polygamma.default", "aten::special_polygamma.default"],
  limits: "orders up to 100",
  refuse: (call) => (call.int("n") > MAX_ORDER ? `orders above ${MAX_ORDER} are not supported` : undefined),
  emit(call) {
    const order = call.int("n");
    return inDouble(call, "self", (reals, x) =>
      order === 0 ? digamma(reals, x) : polygamma(reals, order, x),
    );
  },
};

/** log(pi^(p (p - 1) / 4) product of gamma(x + (1 - j) / 2) for j from 1 to p) */
export const MULTIVARIATE_LOG_GAMMA: Rule = {
  targets: ["aten::mvlgamma.default", "aten::special_multigammaln.default"],
  emit: multivariate,
};

function multivariate(call: Call): Value {
  const p = call.int("p");
  return inDouble(call, "self", (reals, x) => {
    const terms = Array.from({ length: p }, (_, index) => logGamma(reals, reals.sub(x, index / 2)));
    return reals.add(...terms, (p * (p - 1) * Math.log(Math.PI)) / 4);
  });
}
