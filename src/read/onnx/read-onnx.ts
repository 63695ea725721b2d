// Reads an ONNX model of operator sets 6 to 28 into the IR; large tensors stay on disk.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html
// Layout: the file is scanned once for its structure (skeleton.ts), which is decoded; tensors keep places in the file.
// Not here: telling that a file is ONNX (read/sniff.ts); opening files of external data, which the caller hands in.
import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "../../bytes/protobuf/generated/onnx_pb.ts";
import type { ByteSource } from "../../core/byte-source.ts";
import { FerryError, fail, Problem, problem, raise } from "../../core/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Extensions } from "../extensions.ts";
import { decodeGraph } from "./decode-graph.ts";
import { ModelContext, plainDomain } from "./model-context.ts";
import { Scope } from "./scope.ts";
import { readSkeleton } from "./skeleton.ts";
import { IR_OPSET } from "./upgrade/upgrades.ts";

export interface OnnxOptions {
  /** Opens a file beside the model, by the path that the model gives for external data. */
  readonly openSibling?: ((relativePath: string) => ByteSource) | undefined;
  /** Operators that are not in the tables. */
  readonly extensions?: Extensions | undefined;
}

const MIN_OPSET = 6;
const MAX_OPSET = 28;

/** Reads the model. Throws ONNX_MALFORMED, ONNX_TENSOR, ONNX_EXTERNAL_DATA, ONNX_OPSET, ONNX_OLD_FORM: all at once. */
export function readOnnx(file: ByteSource, options: OnnxOptions = {}): Graph {
  const proto = decodeModel(file);
  if (!proto.graph) return fail("ONNX_MALFORMED", { file: file.name, found: "it has no graph" });
  const files = { model: file, openSibling: options.openSibling };
  const context = new ModelContext(files, proto.functions, options.extensions?.onnx);
  const opsets = new Map(
    proto.opsetImport.map(({ domain, version }) => [plainDomain(domain), Number(version)]),
  );
  checkOpset(context, opsets.get(""));
  const graph = decodeGraph(proto.graph, context, Scope.ofModel(opsets));
  raise(context.problems);
  for (const [domain, version] of opsets) graph.opsets.set(domain, version);
  graph.opsets.set("", Math.max(IR_OPSET, ...opsetsOf(proto)));
  addMetadata(graph, proto);
  for (const node of graph.nodes)
    for (const output of node.outputs) if (output?.name) output.source = output.name;
  return graph;
}

function decodeModel(file: ByteSource): ModelProto {
  const skeleton = readSkeleton(file);
  if (skeleton instanceof Problem) throw new FerryError([skeleton]);
  try {
    return fromBinary(ModelProtoSchema, skeleton);
  } catch (error) {
    // The scan checked lengths; what is left are fields of a wrong wire type, and messages nested without end.
    const found = error instanceof RangeError ? "messages nest too deep" : String(error).slice(0, 200);
    return fail("ONNX_MALFORMED", { file: file.name, found }, error);
  }
}

/** Models without nodes of ai.onnx need no version of it. */
function checkOpset(context: ModelContext, version: number | undefined): void {
  if (version === undefined || (version >= MIN_OPSET && version <= MAX_OPSET)) return;
  const file = context.files.model.name;
  context.problems.push(
    problem("ONNX_OPSET", { file, opset: version, wanted: `one from ${MIN_OPSET} to ${MAX_OPSET}` }),
  );
}

/** The versions of ai.onnx that the model and its functions, now part of the graph, use. */
function opsetsOf(proto: ModelProto): number[] {
  const imports = [proto.opsetImport, ...proto.functions.map((called) => called.opsetImport)].flat();
  return imports.flatMap(({ domain, version }) => (plainDomain(domain) === "" ? [Number(version)] : []));
}

function addMetadata(graph: Graph, proto: ModelProto): void {
  for (const { key, value } of [...(proto.graph?.metadataProps ?? []), ...proto.metadataProps]) {
    graph.metadata.set(key, value);
  }
  const producer = [proto.producerName, proto.producerVersion].filter((part) => part !== "").join(" ");
  if (producer !== "") graph.metadata.set("producer", producer);
  graph.metadata.set("ir_version", String(proto.irVersion));
  if (proto.docString !== "") graph.metadata.set("doc_string", proto.docString);
}
