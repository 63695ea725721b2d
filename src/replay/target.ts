// A server that requests are sent to, whatever it speaks.
import type { TensorValue } from "../engine/engine.ts";
import type { LoggedRequest } from "./read-requests.ts";

/** What a server answered: tensors by name, or why there are none. */
export type Answer = ReadonlyMap<string, TensorValue> | Failure;

/** A request that was refused, or could not be sent. */
export interface Failure {
  /** gRPC's status by name, or REST's by number. */
  readonly status: string;
  readonly message: string;
}

export interface Target {
  /** The address as it was given. */
  readonly address: string;
  /** Sends one request; the answer with the milliseconds from the first byte sent to the last received. */
  send(request: LoggedRequest): Promise<Timed>;
  close(): Promise<void>;
}

export interface Timed {
  readonly answer: Answer;
  readonly milliseconds: number;
}

export function isFailure(answer: Answer): answer is Failure {
  return "status" in answer;
}
