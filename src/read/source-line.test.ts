// The user's own line out of Python stack traces.
import { expect, test } from "vitest";
import { userLine } from "./source-line.ts";

const NET = 'File "/home/a/net.py", line 12, in forward';

test.each([
  [
    "the innermost frame of the user",
    `${NET}\n    x = f(x)\n  File "/home/a/block.py", line 3, in forward\n    y`,
    'File "/home/a/block.py", line 3, in forward',
  ],
  [
    "no frame of PyTorch",
    `  ${NET}\n    x\n  File "/v/site-packages/torch/nn/modules/conv.py", line 5, in forward\n    y`,
    NET,
  ],
  [
    "a frame of another library",
    'File "/v/site-packages/timm/resnet.py", line 1, in f',
    'File "/v/site-packages/timm/resnet.py", line 1, in f',
  ],
  ["nothing, if all is PyTorch's", 'File "torch/fx/passes/runtime_assert.py", line 24, in insert', ""],
  ["nothing of generated code", 'File "<eval_with_key>.24", line 5, in forward', ""],
  ["nothing without a trace", "", ""],
])("%s", (_, trace, line) => {
  expect(userLine(trace)).toBe(line);
});
