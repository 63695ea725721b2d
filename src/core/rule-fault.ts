// What is wrong with a rule of the user's own, on its way from the rule to the part that asked it: that part knows the
// file and the place in the model, and turns it into a problem.
// Not here: rules themselves (custom/).
import { type Problem, problem } from "./errors.ts";

export interface Place {
  readonly file: string;
  /** Such as `demo::snake`. */
  readonly operator: string;
  /** Where in the model. */
  readonly where: string;
}

/** Thrown by what wraps a user's function. */
export class RuleFault extends Error {
  /** The user's function, with the config that it stands in: `toOnnx in torchferry.config.ts`. */
  readonly rule: string;
  private readonly wanted: string | undefined;

  private constructor(rule: string, reason: string, wanted: string | undefined, cause?: unknown) {
    super(reason, { cause });
    this.rule = rule;
    this.wanted = wanted;
  }

  /** The function itself threw. */
  static threw(rule: string, error: unknown): RuleFault {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return new RuleFault(rule, reason, undefined, error);
  }

  /** It gave something else than it should. */
  static gave(rule: string, found: string, wanted: string): RuleFault {
    return new RuleFault(rule, found, wanted);
  }

  /** The whole sentence after the place. */
  get told(): string {
    const verb = this.wanted === undefined ? "threw" : "gave";
    return `${this.rule} ${verb} ${this.message}${this.wanted === undefined ? "" : `; ${this.wanted} is wanted`}`;
  }

  problemAt(place: Place): Problem {
    const { rule, message, wanted } = this;
    if (wanted === undefined)
      return problem("CUSTOM_RULE_THREW", { ...place, rule, reason: message }, this.cause);
    return problem("CUSTOM_RULE_RESULT", { ...place, rule, found: message, wanted });
  }
}
