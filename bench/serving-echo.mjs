// The least a server in Node can do: reads each request whole and answers the same bytes, over HTTP/1.1 and HTTP/2.
// Started by serving.mjs with the sizes of the answers as JSON: { restBytes, grpcBytes }; prints { restPort, grpcPort }.
import http from "node:http";
import http2 from "node:http2";

const work = JSON.parse(process.argv[2]);
const restBody = Buffer.alloc(work.restBytes, " ");
const grpcFrame = Buffer.alloc(5 + work.grpcBytes); // a gRPC message: no compression, length, bytes
grpcFrame.writeUInt32BE(work.grpcBytes, 1);

const rest = http.createServer((request, response) => {
  request.on("data", () => undefined);
  request.on("end", () => response.end(restBody));
});
const grpc = http2.createServer({ settings: { initialWindowSize: 1 << 24 } });
grpc.on("stream", (stream) => {
  stream.on("data", () => undefined);
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(grpcFrame);
  });
});

const listening = [rest, grpc].map(
  (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)),
);
await Promise.all(listening);
console.log(JSON.stringify({ restPort: rest.address().port, grpcPort: grpc.address().port }));
