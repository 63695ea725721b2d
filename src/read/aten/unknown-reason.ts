// Why an operator without a rule has none, as far as its name tells.
import type { Facts } from "./argument.ts";

const RANDOM =
  /^(rand|randn|randint|randperm|bernoulli|multinomial|normal|uniform|exponential|poisson|rrelu|geometric|cauchy|log_normal|random|native_dropout|_fused_dropout|binomial|dirichlet|_standard_gamma|_sample_dirichlet)/;

export function unknownReason(call: Facts): string {
  if (RANDOM.test(call.name))
    return "it draws random numbers, which no two engines draw alike; take them as an input";
  if (call.target.startsWith("higher_order::")) return "this control flow is not supported";
  return "no rule lowers it; try ep.run_decompositions(), or open an issue with its name";
}
