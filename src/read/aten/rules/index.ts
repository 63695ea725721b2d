// The rules, one line a file. Adding an operator: its file, its test, its line here.
export * from "./activation.ts";
export * from "./adaptive-average-pool.ts";
export * from "./average-pool.ts";
export * from "./batch-norm.ts";
export * from "./binary.ts";
export * from "./cast.ts";
export * from "./clamp.ts";
export * from "./conv.ts";
export * from "./hardsigmoid.ts";
export * from "./linear.ts";
export * from "./max-pool.ts";
export * from "./reshape.ts";
export * from "./same.ts";
export * from "./softmax.ts";
export * from "./unary.ts";
