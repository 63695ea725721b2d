// Lets images come in as NHWC, or NDHWC: the graph's input takes the other order of axes, and a Transpose behind it gives
// the model its own. Lowering to TensorFlow works in NHWC anyway and drops the Transpose; onnxruntime runs it, so that
// both engines take what the signature says.
// Layout: a metadata entry for each input that was turned, `torchferry.layout.image` = `nhwc` (ONNX has no field for it).
// Not here: layouts inside the TensorFlow graph (tensorflow/layout/), outputs, which stay as they are.
import { type Problem, problem, raise } from "../core/errors.ts";
import { ints } from "../graph/attribute.ts";
import { type Graph, Node, Value } from "../graph/graph.ts";
import { type TensorType, tensorType } from "../graph/type.ts";

/** `nchw` is the model's own order, of any rank; `nhwc` has the channels last, of volumes as NDHWC. */
export type ImageLayout = "nchw" | "nhwc";

/** The layout of each input by name, `*` for images and volumes that are not named; or one for all of these. */
export type InputsLayout = ImageLayout | Readonly<Record<string, ImageLayout>>;

/** Names every image and volume that has no entry of its own. */
export const ALL_IMAGES = "*";

const METADATA_KEY = "torchferry.layout.";
const IMAGE_RANKS: readonly number[] = [4, 5];

/** Changes the graph's inputs in place. Throws INPUTS_LAYOUT_MISFIT (exit code 2), every reason at once. */
export function layOutInputs(graph: Graph, wanted: InputsLayout, file: string): void {
  const layouts = typeof wanted === "string" ? { [ALL_IMAGES]: wanted } : wanted;
  for (const name of turnedInputs(graph)) graph.metadata.delete(`${METADATA_KEY}${name}`); // of an earlier conversion
  raise(misfits(graph, layouts, file));
  const turned = graph.inputs.filter((input) => layoutOf(graph, input, layouts) === "nhwc");
  for (const { name } of turned) graph.metadata.set(`${METADATA_KEY}${name}`, "nhwc");
  for (const input of turned) turn(graph, input);
}

/** The names of inputs that take NHWC or NDHWC where the source takes NCHW or NCDHW. */
export function turnedInputs(graph: Graph): ReadonlySet<string> {
  const keys = [...graph.metadata.keys()].filter((key) => key.startsWith(METADATA_KEY));
  return new Set(keys.map((key) => key.slice(METADATA_KEY.length)));
}

/** Axis i of the signature's order is axis result[i] of the source's. */
export function channelsLastOrder(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
}

/** Axis i of the source's order is axis result[i] of the signature's. */
export function channelsFirstOrder(rank: number): number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
}

type Layouts = Readonly<Record<string, ImageLayout>>;

function layoutOf(graph: Graph, input: Value, layouts: Layouts): ImageLayout {
  const named = Object.hasOwn(layouts, input.name) ? layouts[input.name] : undefined;
  return named ?? (isImage(graph, input) ? (layouts[ALL_IMAGES] ?? "nchw") : "nchw");
}

function misfits(graph: Graph, layouts: Layouts, file: string): Problem[] {
  const inputs = graph.inputs.map(({ name }) => name).join(", ");
  return Object.entries(layouts).flatMap(([name, layout]) => {
    if (layout === "nchw" && name === ALL_IMAGES) return [];
    const reason = name === ALL_IMAGES ? whyNoImages(graph) : whyNotTurned(graph, name, layout);
    return reason === undefined
      ? []
      : [problem("INPUTS_LAYOUT_MISFIT", { file, given: `${name}=${layout}`, reason, inputs })];
  });
}

function whyNoImages(graph: Graph): string | undefined {
  return graph.inputs.some((input) => isImage(graph, input))
    ? undefined
    : "no input is an image (4 dimensions) or a volume (5)";
}

function whyNotTurned(graph: Graph, name: string, layout: ImageLayout): string | undefined {
  const input = graph.inputs.find((candidate) => candidate.name === name);
  if (!input) return "there is no input of this name";
  if (layout === "nchw" || isImage(graph, input)) return undefined;
  if (isState(graph, input)) return "it is a state, which an output of the call before is";
  const rank = typeOf(input)?.shape?.length;
  return rank === undefined ? "its rank is not known" : `it has ${rank} dimensions, not 4 or 5`;
}

function isImage(graph: Graph, input: Value): boolean {
  const { dtype, shape } = typeOf(input) ?? {};
  return dtype !== "string" && IMAGE_RANKS.includes(shape?.length ?? 0) && !isState(graph, input);
}

function isState({ inputs, states }: Graph, input: Value): boolean {
  return states.some((state) => inputs[state.input] === input);
}

function typeOf({ type }: Value): TensorType | undefined {
  return type?.kind === "tensor" ? type : undefined;
}

/** Puts another input, of the same name, before this one, which becomes the output of a Transpose. */
function turn(graph: Graph, input: Value): void {
  const { dtype, shape: own } = typeOf(input) ?? {};
  if (!dtype || !own) return;
  const shape = channelsLastOrder(own.length).flatMap((axis) => own[axis] ?? []);
  const outer = new Value(input.name, tensorType(dtype, shape));
  input.name = ""; // it is given one when it is written
  graph.inputs[graph.inputs.indexOf(input)] = outer;
  const attributes = new Map([["perm", ints(channelsFirstOrder(own.length))]]);
  graph.insert(new Node({ op: "Transpose", inputs: [outer], outputs: [input], attributes }), graph.nodes[0]);
}
