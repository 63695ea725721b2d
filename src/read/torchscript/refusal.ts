// Why a TorchScript archive cannot be read, thrown where it shows and turned into a problem at the reader's border.
import { type Problem, problem } from "../../core/errors.ts";

/** Something in the code that is not followed, at a line of a file. */
export class Unfollowed extends Error {
  /** Such as `code/__torch__.py, line 12`; filled in by whoever knows it. */
  where: string | undefined;
  /** What to do about it. */
  readonly action: string;

  constructor(found: string, action = "export the model with torch.export.save") {
    super(found);
    this.name = "Unfollowed";
    this.action = action;
  }

  problem(file: string): Problem {
    const { message: found, action } = this;
    return problem("TORCHSCRIPT_UNFOLLOWED", { file, where: this.where ?? "the model", found, action });
  }
}

/** An operator of the user's own of which nothing is registered. */
export class Unregistered extends Unfollowed {}

/** The archive is not as PyTorch writes it. */
export class Malformed extends Error {
  readonly where: string;

  constructor(where: string, found: string) {
    super(found);
    this.name = "Malformed";
    this.where = where;
  }

  problem(file: string): Problem {
    return problem("TORCHSCRIPT_MALFORMED", { file, where: this.where, found: this.message });
  }
}
