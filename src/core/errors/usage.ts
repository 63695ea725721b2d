// Mistakes in how a command or a function was called.
import type { ErrorRow } from "./row.ts";

export const USAGE_ERRORS = {
  USAGE: { exit: 2, http: 400, grpc: 3, text: "{message}" },
  TAG_SET_NOT_FOUND: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "MetaGraphDef associated with tag-set {tags} could not be found in the SavedModel. Please use one of the following tag-sets: {choices}",
  },
  SIGNATURE_KEY_UNKNOWN: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: 'Could not find signature "{signature}". Please choose from: {choices}',
  },
  INPUTS_MISSING: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "At least one of --inputs, --input_exprs or --input_examples must be required",
  },
  INPUTS_MALFORMED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: '--inputs "{text}" format is incorrect. Please follow"<input_key>=<filename>", or"<input_key>=<filename>[<variable_name>]"',
  },
  INPUT_EXPRS_MALFORMED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: '--input_exprs "{text}" format is incorrect. Please follow"<input_key>=<python expression>"',
  },
  NOT_A_LITERAL: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: 'Expression "{expression}" is not a valid python literal.',
  },
  EXAMPLES_MALFORMED: { exit: 2, http: 400, grpc: 3, text: "--input_examples {key}: {reason}" },
  INPUT_KEY_UNKNOWN: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: '"{key}" is not a valid input key. Please choose from {choices}, or use --show option.',
  },
  INPUT_NOT_FED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: 'Signature "{signature}": no value for the input "{key}"; give it with --inputs or --input_exprs',
  },
  INPUT_VARIABLE_MISSING: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: 'Input file {file} does not contain variable with name "{variable}".',
  },
  INPUT_VARIABLE_AMBIGUOUS: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "Input file {file} contains more than one ndarrays. Please specify the name of ndarray to use.",
  },
  INPUT_SHAPE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: 'Cannot feed value of shape {found} for the input "{key}", which has shape {wanted}',
  },
  INPUT_VALUE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{where}: {reason}; the signature wants {dtype}",
  },
  NAMES_MISFIT: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{kind} names '{given}': {reason}; give one name for each, in order, without duplicates",
  },
  INPUTS_LAYOUT_MISFIT: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: the layout {given} of its inputs cannot be: {reason}; the inputs are {inputs}; name an image (4 dimensions) or a volume (5), or leave the layout out",
  },
  BATCH_AXIS_MISFIT: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: the batch axis of input '{input}' cannot be used: {reason}",
  },
} as const satisfies Record<string, ErrorRow>;
