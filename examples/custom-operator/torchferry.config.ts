// What the two operators of make_model.py are in ONNX. Run in this folder: npx torchferry convert model.pt2 --output models/demo
import { defineConfig } from "torchferry";

export default defineConfig({
  torch: {
    // x + sin(alpha * x)^2 / (alpha + eps); alpha is [C] for x [N, C, T]
    "demo::snake": {
      schema: "(Tensor x, Tensor alpha, float eps=1e-9) -> Tensor",
      infer: (call) => call.type("x"),
      toOnnx(call, onnx) {
        const x = call.tensor("x");
        const alpha = onnx.node("Unsqueeze", [call.tensor("alpha"), onnx.constant("int64", [1], [1])]);
        const wave = onnx.node("Sin", [onnx.node("Mul", [alpha, x])]);
        const divisor = onnx.node("Add", [alpha, onnx.constant("float32", [], [call.float("eps")])]);
        return onnx.node("Add", [x, onnx.node("Div", [onnx.node("Mul", [wave, wave]), divisor])]);
      },
    },

    // x where it is among the k largest of its row, else 0
    "demo::mask_topk": {
      schema: "(Tensor x, int k) -> Tensor",
      infer: (call) => call.type("x"),
      toOnnx(call, onnx) {
        const x = call.tensor("x");
        const k = call.int("k");
        const [largest] = onnx.nodes("TopK", 2, [x, onnx.constant("int64", [1], [k])]);
        const least = onnx.node("Gather", [largest, onnx.constant("int64", [1], [k - 1])], { axis: -1 });
        const isKept = onnx.node("GreaterOrEqual", [x, least]);
        return onnx.node("Where", [isKept, x, onnx.constant("float32", [], [0])]);
      },
    },
  },
});
