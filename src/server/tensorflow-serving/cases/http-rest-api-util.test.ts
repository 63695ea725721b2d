// TensorFlow Serving's model_servers/http_rest_api_util_test.cc, each case under its own name.
import { describe, expect, it } from "vitest";
import { Problem } from "../../../core/errors.ts";
import { parseRoute } from "../rest/route.ts";

const RESERVED = "!#$%&'()*+,/:;=?@[]";
const ENCODED = "%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D";

describe("http_rest_api_util_test", () => {
  it.each([
    [`modelname${ENCODED}`, "status", { name: `modelname${RESERVED}` }],
    ["modelname/versions/99", "status", { name: "modelname", version: 99n }],
    ["modelname/labels/latest", "status", { name: "modelname", label: "latest" }],
    [`modelname/labels/latest${ENCODED}`, "status", { name: "modelname", label: `latest${RESERVED}` }],
    ["modelname/labels/latest/metadata", "metadata", { name: "modelname", label: "latest" }],
    [
      `modelname${ENCODED}/labels/latest${ENCODED}/metadata`,
      "metadata",
      { name: `modelname${RESERVED}`, label: `latest${RESERVED}` },
    ],
  ])("TestParseModelInfoForGet: %s", (path, verb, model) => {
    expect(parseRoute("GET", `/v1/models/${path}`)).toEqual({ verb, model });
  });

  it.each([
    [`modelname${ENCODED}:predict`, { name: `modelname${RESERVED}` }],
    ["modelname/versions/99:predict", { name: "modelname", version: 99n }],
    ["modelname/labels/latest:predict", { name: "modelname", label: "latest" }],
    [`modelname/labels/latest${ENCODED}:predict`, { name: "modelname", label: `latest${RESERVED}` }],
    [
      `modelname${ENCODED}/labels/latest${ENCODED}:predict`,
      { name: `modelname${RESERVED}`, label: `latest${RESERVED}` },
    ],
  ])("TestParseModelInfoForPost: %s", (path, model) => {
    expect(parseRoute("POST", `/v1/models/${path}`)).toEqual({ verb: "predict", model });
  });

  it.each([
    ["TestParseModelInfoForGet", "GET", "/v1/foo"],
    ["TestParseModelInfoForGet", "GET", "/v1/models/foo:predict"],
    ["TestParseModelInfoForGet", "GET", "/v1/models/foo/version/50:predict"],
    ["TestParseModelInfoForPost", "POST", "/v1/foo"],
    ["TestParseModelInfoForPost", "POST", "/v1/models"],
    ["TestParseModelInfoForPost", "POST", "/v1/models/foo/version/50:predict"],
    ["TestParseModelInfoForPost", "POST", "/v1/models/foo/versions/string:predict"],
    ["TestParseModelInfoForPost", "POST", "/v1/models/foo/metadata"],
    ["TestParseModelInfoForPost", "POST", "/v1/models/foo/versions/50/labels/some_label:regress"],
  ])("%s: %s %s is no address", (_name, method, url) => {
    expect(parseRoute(method, url)).toMatchObject({ message: `Malformed request: ${method} ${url}` });
  });

  it("TestParseModelInfoForPost: a version above 64 bits", () => {
    const route = parseRoute("POST", `/v1/models/foo/versions/${2n ** 64n - 1n}:predict`);
    expect(route instanceof Problem && route.message).toContain("Failed to convert version");
  });
});
