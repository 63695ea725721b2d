// What a pickle of torch.save holds, told without running Python: its tensors by name, whether it is a whole module,
// and a guess at the architecture from the names. For messages: the graph is not in such a file.
import { entriesOf, isRecord, itemsOf, type PickleValue } from "../../bytes/pickle/values.ts";
import { tensorRecord } from "./tensor-record.ts";

export interface CheckpointSummary {
  /** A module that was pickled whole: its class, such as `torchvision.models.resnet.ResNet`. */
  readonly moduleClass: string | undefined;
  /** Names of tensors in order, as they are nested: `model.layer1.0.conv1.weight`. */
  readonly tensors: readonly string[];
  /** Parameters in all tensors. */
  readonly elements: number;
  /** Such as "a ResNet of torchvision", if the names tell. */
  readonly architecture: string | undefined;
}

/** Checkpoints nest the state two or three deep, modules as deep as the model. */
const MAX_DEPTH = 32;
/** Values are visited at most this many times: a pickle can refer to one value any number of times. */
const MAX_VISITS = 1_000_000;

export function summarizeCheckpoint(value: PickleValue): CheckpointSummary {
  const walk = {
    tensors: [] as string[],
    elements: 0,
    moduleClass: undefined as string | undefined,
    visits: 0,
  };
  visit(value, [], walk);
  return { ...walk, architecture: guessArchitecture(walk.tensors) };
}

interface Walk {
  readonly tensors: string[];
  elements: number;
  moduleClass: string | undefined;
  visits: number;
}

function visit(value: PickleValue, path: readonly string[], walk: Walk): void {
  if (path.length > MAX_DEPTH || ++walk.visits > MAX_VISITS || !isRecord(value)) return;
  const record = tensorRecord(value);
  if (record) {
    walk.tensors.push(path.join("."));
    walk.elements += record.shape.reduce((product, size) => product * size, 1);
    return;
  }
  const state = value.kind === "object" ? value.state : undefined;
  if (value.kind === "object" && isModuleState(state)) {
    walk.moduleClass ??= className(value.callee);
    for (const part of ["_parameters", "_buffers", "_modules"])
      visitEntries(entryValue(state, part), path, walk);
    return;
  }
  visitEntries(value, path, walk);
  for (const [index, item] of (itemsOf(value) ?? []).entries()) visit(item, [...path, String(index)], walk);
}

function visitEntries(value: PickleValue | undefined, path: readonly string[], walk: Walk): void {
  for (const [key, entry] of entriesOf(value) ?? []) visit(entry, [...path, String(key)], walk);
}

/** The state of a torch.nn.Module: a dict with these keys. */
function isModuleState(state: PickleValue | undefined): boolean {
  return entryValue(state, "_modules") !== undefined && entryValue(state, "_parameters") !== undefined;
}

function entryValue(value: PickleValue | undefined, key: string): PickleValue | undefined {
  return entriesOf(value)?.find(([name]) => name === key)?.[1];
}

function className(callee: PickleValue): string {
  return isRecord(callee) && callee.kind === "global"
    ? `${callee.module}.${callee.name}`
    : "an unknown class";
}

/** Names that one architecture uses and others do not. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)layer1\.0\.bn1\.weight$/, "a ResNet of torchvision"],
  [/(^|\.)features\.\d+\.block\.0\.0\.weight$/, "a MobileNetV3 or EfficientNet of torchvision"],
  [/(^|\.)features\.denseblock1\./, "a DenseNet of torchvision"],
  [/(^|\.)encoder\.layers\.encoder_layer_0\./, "a VisionTransformer of torchvision"],
  [/(^|\.)blocks\.0\.attn\.qkv\.weight$/, "a VisionTransformer of timm"],
  [/(^|\.)bert\.encoder\.layer\.0\./, "a BERT of transformers"],
  [/(^|\.)roberta\.encoder\.layer\.0\./, "a RoBERTa of transformers"],
  [/(^|\.)distilbert\.transformer\.layer\.0\./, "a DistilBERT of transformers"],
  [/(^|\.)layers\.0\.self_attn\.q_proj\.weight$/, "a Llama-like decoder of transformers"],
  [/(^|\.)h\.0\.attn\.c_attn\.weight$/, "a GPT-2 of transformers"],
  [/(^|\.)model\.\d+\.cv1\.conv\.weight$/, "a YOLO of Ultralytics"],
  [/(^|\.)encoder\.block\.0\.layer\.0\.SelfAttention\./, "a T5 of transformers"],
];

function guessArchitecture(tensors: readonly string[]): string | undefined {
  return PATTERNS.find(([pattern]) => tensors.some((name) => pattern.test(name)))?.[1];
}
