// What a server does with a body of JSON by Node's own means: all of it as one text, JSON.parse, the lists flattened into
// a Float32Array. It answers the mean of each channel. Started by pinned-process.mjs; answers { flatten }, the name of a
// way to flatten, with its port.
import { once } from "node:events";
import { createServer } from "node:http";
import { answerRequests } from "./pinned-process.mjs";

/** By name: images, a list of lists of lists of lists, to their numbers in one array. */
const FLATTEN = { "flat(Infinity)": flatAtOnce, "row by row": flatByRows };

answerRequests(async ({ flatten }) => {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { instances } = JSON.parse(Buffer.concat(chunks).toString("latin1")); // digits and brackets only
    response.end(JSON.stringify({ predictions: means(FLATTEN[flatten](instances), shapeOf(instances)) }));
  });
  server.keepAliveTimeout = 0; // its client may take longer than the default between two calls
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
});

function flatAtOnce(images) {
  return Float32Array.from(images.flat(Number.POSITIVE_INFINITY));
}

function flatByRows(images) {
  const values = new Float32Array(shapeOf(images).reduce((product, size) => product * size, 1));
  let at = 0;
  for (const image of images) {
    for (const channel of image) {
      for (const row of channel) {
        values.set(row, at);
        at += row.length;
      }
    }
  }
  return values;
}

function shapeOf(images) {
  return [images.length, images[0].length, images[0][0].length, images[0][0][0].length];
}

function means(values, [images, channels, ...sizes]) {
  const count = sizes[0] * sizes[1];
  const mean = (plane) =>
    values.subarray(plane * count, (plane + 1) * count).reduce((a, b) => a + b, 0) / count;
  return Array.from({ length: images }, (_, i) =>
    Array.from({ length: channels }, (_, j) => mean(i * channels + j)),
  );
}
