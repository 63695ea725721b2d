// Operators of the user's own: the config that registers them, and their rules.
import type { ErrorRow } from "./row.ts";

export const CUSTOM_ERRORS = {
  CONFIG_NOT_FOUND: {
    exit: 2,
    http: 404,
    grpc: 5,
    text: "{file}: there is no such file; the config of custom operators is wanted; check the path after --custom",
  },
  CONFIG_FAILED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: loading it ended with {reason}; a module that exports a config as its default is wanted; mend the file",
  },
  CONFIG_MALFORMED: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: {where} is {found}; {wanted} is wanted; docs/custom-operators.md shows an example",
  },
  CUSTOM_OPERATOR_UNKNOWN: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {operator} at {where} is a custom operator; {wanted} is wanted; register '{operator}' in torchferry.config.ts or with --custom FILE, as docs/custom-operators.md shows",
  },
  CUSTOM_RULE_THREW: {
    exit: 4,
    http: 400,
    grpc: 3,
    text: "{file}: {operator} at {where}: {rule} threw {reason}; a result is wanted; mend the rule",
  },
  CUSTOM_RULE_RESULT: {
    exit: 4,
    http: 400,
    grpc: 3,
    text: "{file}: {operator} at {where}: {rule} gave {found}; {wanted} is wanted; mend the rule",
  },
} as const satisfies Record<string, ErrorRow>;
