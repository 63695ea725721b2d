// Graphs that contradict themselves or say too little.
import type { ErrorRow } from "./row.ts";

export const GRAPH_ERRORS = {
  GRAPH_INVALID: {
    exit: 4,
    http: 400,
    grpc: 3,
    text: "{graph}: {where}: {found}; the model cannot be run by anything, export it again",
  },
  TYPES_DISAGREE: {
    exit: 4,
    http: 400,
    grpc: 3,
    text: "{graph}: '{value}' is declared as {declared} but computed as {inferred}; one of them is wrong, export the model again",
  },
  NODE_ILL_TYPED: {
    exit: 4,
    http: 400,
    grpc: 3,
    text: "{graph}: {operator} {where}: {reason}; its inputs are {inputs}; check the model's input shapes and export it again",
  },
  DIMENSION_TOO_LARGE: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "the model: a size is an expression without end that begins with {start}; sizes of a few terms are wanted; fix some dimensions when exporting",
  },
  RANK_UNKNOWN: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{graph}: '{value}', made by {operator} {where}, is {found}; a tensor of known rank is wanted; export the model with more of its shapes fixed",
  },
} as const satisfies Record<string, ErrorRow>;
