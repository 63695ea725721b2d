// Whole-process conversion in interleaved pairs, beside what people use today.
// Usage: npm run bench -- conversion [--peer onnx2tf | torch] [--pairs 15] [--json]
// onnx2tf: resnet18 and mobilenet_v3_small as ONNX, up to its SavedModel (torchferry writes the ONNX beside it too).
// torch: resnet18 and an encoder of bert-base's size as .pt2, to ONNX by torch.export.load and torch.onnx.export.
// The peers' environments and the models are set up by conformance/ the first time.
import path from "node:path";
import { parseArgs } from "node:util";
import { printTable } from "./print-table.mjs";
import { conformance, conformanceFile, measurePairs, pairRows, torchferry } from "./processes.mjs";

const PEERS = {
  onnx2tf: {
    models: () => ["resnet18", "mobilenet_v3_small"].map((name) => [name, exported(name, "model.onnx")]),
    command: (model) => {
      const python = conformance("environment.py", "onnx2tf");
      const script = conformanceFile("bench/onnx2tf_saved_model.py");
      return (out) => [python, script, "-i", model, "-o", out, "-n"];
    },
  },
  torch: {
    models: () => [
      ["resnet18", exported("resnet18", "model.pt2")],
      ["bert-base", conformance("bench/models.py", "bert_base")],
    ],
    command: (model) => {
      const python = conformance("environment.py", "torch");
      return (out) => [python, conformanceFile("bench/torch_onnx.py"), model, `${out}.onnx`];
    },
  },
};

/** Runs the pairs and prints the table. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      peer: { type: "string", default: "onnx2tf" },
      pairs: { type: "string", default: "15" },
      json: { type: "boolean", default: false },
    },
  });
  const peer = PEERS[values.peer];
  if (!peer) throw new Error(`--peer is one of ${Object.keys(PEERS).join(", ")}`);
  const rows = peer.models().flatMap(([name, model]) => {
    const ours = (out) => torchferry("convert", model, "--output", out);
    return pairRows(name, values.peer, measurePairs(ours, peer.command(model), Number(values.pairs)));
  });
  printTable(rows, values);
}

function exported(name, file) {
  return path.join(conformance("exported.py"), name, file);
}
