// A model server for tests without ports: the manager with versions loaded, and REST as text in, text out.
import { Manager } from "../manager/manager.ts";
import type { RetryOptions } from "../manager/servable.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import type { RestContext } from "../tensorflow-serving/context.ts";
import { tensorflowServingRest } from "../tensorflow-serving/rest/handle.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeOptions, halfPlusTwo } from "./half-plus-two.ts";

/** A manager with the given versions of each model available. */
export async function loadedManager(
  models: Readonly<Record<string, readonly number[]>>,
  options: FakeOptions = {},
  retry?: RetryOptions,
): Promise<Manager> {
  const manager = new Manager({
    engine: halfPlusTwo(options),
    clock: new FakeClock(),
    log: () => undefined,
    models: Object.keys(models),
    ...(retry ? { retry } : {}),
  });
  for (const [name, versions] of Object.entries(models)) {
    manager.setAspired(
      name,
      versions.map((version) => ({ version: BigInt(version), path: `/${name}/${version}` })),
    );
  }
  await manager.available();
  return manager;
}

export interface RestCall {
  readonly method?: string;
  readonly url: string;
  readonly body?: string | Uint8Array | readonly Uint8Array[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request; a body makes it a POST. */
export async function rest(context: RestContext, call: RestCall): Promise<RestAnswer> {
  const { bytes, ...answer } = await restBytes(context, call);
  return { ...answer, body: bytes.toString() };
}

/** One request, whose answer stays bytes. */
export async function restBytes(
  context: RestContext,
  call: RestCall,
): Promise<Omit<RestAnswer, "body"> & { readonly bytes: Buffer }> {
  const { url, body, headers = {}, method = body === undefined ? "GET" : "POST" } = call;
  const pieces =
    typeof body === "string" ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : (body ?? []);
  const handle = dispatchRest([tensorflowServingRest(context)]);
  const response = await handle({ method, url, header: (name) => headers[name], body: pieces });
  return { status: response.status, headers: response.headers, bytes: Buffer.concat([...response.body]) };
}

/** The message of an error answer. */
export async function restError(context: RestContext, call: RestCall): Promise<readonly [number, string]> {
  const { status, body } = await rest(context, call);
  const parsed: unknown = JSON.parse(body);
  if (typeof parsed !== "object" || parsed === null || !("error" in parsed))
    throw new Error(`no error: ${body}`);
  return [status, String(parsed.error)];
}
