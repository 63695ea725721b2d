// Versions that do not serve: when a model counts as failed, and how such versions are told.
import type { Problem } from "../../core/errors.ts";
import { statusName } from "../status-names.ts";
import type { Servable } from "./servable.ts";

/** A version that does not serve. */
export interface FailedVersion {
  readonly description: string;
  readonly problem: Problem | undefined;
}

/** `{{{name: M version: N} due to error: ...}, }`, as TensorFlow Serving lists them. */
export function failureList(failed: readonly FailedVersion[]): string {
  const one = ({ description, problem: reason }: FailedVersion): string =>
    reason
      ? `{${description} due to error: ${statusName(reason.row.grpc)}: ${reason.message}}, `
      : `{${description}}, `;
  return `{${failed.map(one).join("")}}`;
}

type Version = Pick<Servable, "state" | "problem" | "aspired" | "description">;

/** Of the versions of a model that serves none: whether nothing is under way any more, and something wanted failed. */
export function haveFailed(versions: readonly Version[]): boolean {
  const isOver = versions.every((servable) => servable.state === "END");
  return isOver && versions.some((servable) => servable.aspired && servable.problem);
}

/** Those that do not serve; one that ended well was not wanted any more. */
export function failuresOf(versions: readonly Version[]): readonly FailedVersion[] {
  const failed = versions.filter(({ state, problem }) => state !== "END" || problem !== undefined);
  return failed.map(({ description, problem }) => ({ description, problem }));
}
