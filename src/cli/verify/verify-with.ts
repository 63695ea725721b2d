// --verify-with FILE.npz: runs a converted model on recorded inputs and compares with the recorded outputs.
// Not here: the layout of the file (verify/recorded.ts), comparing with the source itself (verify/verify-model.ts).
import type { ConvertedModel, Endpoint } from "../../convert.ts";
import { FerryError, fail, Problem, raise } from "../../core/errors.ts";
import { castTensor } from "../../engine/cast-tensor.ts";
import type { LoadedModel, TensorValue } from "../../engine/engine.ts";
import { openFile } from "../../files/open-file.ts";
import { channelsLastOrder } from "../../passes/lay-out-inputs.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { transposed } from "../../tensor/transpose.ts";
import { type Comparison, compareTensors } from "../../verify/compare.ts";
import { groupsOf, missingArray } from "../../verify/recorded.ts";
import { isSingle, readArrays } from "../run/read-array.ts";

/** One output of one group. */
export interface Verdict extends Comparison {
  /** Such as `b2`; empty if the file has one group. */
  readonly group: string;
  readonly output: string;
  readonly shape: readonly number[];
}

const SIGNATURE = "serving_default";

/** Runs every group of the file. Throws VERIFY_ARRAY_MISSING, or what reading and running say. */
export async function verifyWith(
  file: string,
  model: LoadedModel,
  of: Pick<ConvertedModel, "inputs" | "outputs">,
): Promise<Verdict[]> {
  const source = openFile(file);
  try {
    const arrays = readArrays(source);
    if (isSingle(arrays)) return fail("VERIFY_NOT_NPZ", { file });
    const verdicts: Verdict[] = [];
    for (const [group, members] of groupsOf(arrays)) {
      const found = await model.run(SIGNATURE, inputsOf(file, group, members, of.inputs));
      verdicts.push(...compareOutputs(file, group, members, of.outputs, found));
    }
    return verdicts;
  } finally {
    source.close();
  }
}

function inputsOf(
  file: string,
  group: string,
  members: ReadonlyMap<string, Tensor>,
  endpoints: readonly Endpoint[],
): Map<string, TensorValue> {
  const feeds = new Map<string, TensorValue>();
  const problems: Problem[] = [];
  for (const [index, endpoint] of endpoints.entries()) {
    const tensor = asTaken(members.get(endpoint.name) ?? members.get(`in${index}`), endpoint);
    const value = tensor
      ? castTensor(tensor, endpoint.dtype, `${file}[${endpoint.name}]`)
      : missingArray(file, group, `input ${endpoint.name}`, [endpoint.name, `in${index}`]);
    if (value instanceof Problem) problems.push(value);
    else feeds.set(endpoint.name, value);
  }
  raise(problems);
  return feeds;
}

/** Recorded arrays are in PyTorch's order. */
function asTaken(tensor: Tensor | undefined, { layout }: Endpoint): Tensor | undefined {
  return tensor && layout ? transposed(tensor, channelsLastOrder(tensor.shape.length)) : tensor;
}

function compareOutputs(
  file: string,
  group: string,
  members: ReadonlyMap<string, Tensor>,
  endpoints: readonly Endpoint[],
  found: ReadonlyMap<string, TensorValue>,
): Verdict[] {
  return endpoints.map((endpoint, index) => {
    const wanted = members.get(endpoint.name) ?? members.get(`out${index}`);
    const value = found.get(endpoint.name);
    if (!wanted || !value) {
      throw new FerryError([
        missingArray(file, group, `output ${endpoint.name}`, [endpoint.name, `out${index}`]),
      ]);
    }
    return { group, output: endpoint.name, shape: wanted.shape, ...compareTensors(value, wanted) };
  });
}
