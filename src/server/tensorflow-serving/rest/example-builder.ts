// A tf.Example out of a JSON object: each member a feature, its values of one kind.
// Rules and messages: TensorFlow Serving's json_tensor.cc (AddValueToFeature). A number with a point or an exponent is a
// float, one without an int64, and so are true and false; of two members of one name the later counts.
// Layout: Example{features=1{feature=1 map{key=1, value=2 Feature{bytes_list=1 | float_list=2 | int64_list=3}}}}.
import { type Problem, problem } from "../../../core/errors.ts";
import { BYTES, WireWriter } from "../../grpc/wire.ts";
import type { Scalar } from "../../json/scan-scalar.ts";

type Kind = "bytes" | "float" | "int64";

const KIND_FIELDS: Readonly<Record<Kind, number>> = { bytes: 1, float: 2, int64: 3 };

const MAX_INT64 = 2n ** 63n - 1n;

interface Feature {
  readonly name: string;
  kind: Kind | undefined;
  /** The list's message. */
  readonly values: WireWriter;
}

export class ExampleBuilder {
  #features = new Map<string, Feature>();
  #current: Feature = makeFeature("");

  /** An example begins. */
  begin(): void {
    this.#features = new Map();
  }

  /** The values that follow are this feature's. */
  feature(name: string): void {
    this.#current = makeFeature(name);
    this.#features.set(name, this.#current);
  }

  bytes(bytes: Uint8Array): Problem | undefined {
    return this.#wrongKind("bytes") ?? void this.#current.values.tag(1, BYTES).lengthDelimited(bytes);
  }

  scalar(value: Scalar): Problem | undefined {
    const { values, name } = this.#current;
    if (value.type !== "number") {
      return this.#wrongKind("int64") ?? void values.varint(value.type === "true" ? 1 : 0);
    }
    const { integer } = value;
    if (integer === undefined) return this.#wrongKind("float") ?? void values.float32(value.value);
    const wrong = this.#wrongKind("int64");
    if (wrong) return wrong;
    if (integer > MAX_INT64) return problem("JSON_FEATURE_UINT64", { feature: name });
    if (integer >= 0 && integer <= Number.MAX_SAFE_INTEGER) values.varint(Number(integer));
    else values.varint64(integer);
    return undefined;
  }

  /** A value of a kind that no feature takes. */
  unexpected(type: "Null" | "Object" | "Array"): Problem {
    return problem("JSON_FEATURE_TYPE", { feature: this.#current.name, type });
  }

  /** The example's message. */
  finish(): Uint8Array {
    const features = new WireWriter();
    for (const { name, kind, values } of this.#features.values()) {
      const feature = new WireWriter();
      if (kind) feature.tag(KIND_FIELDS[kind], BYTES).lengthDelimited(listOf(kind, values));
      const entry = new WireWriter().tag(1, BYTES).text(name).tag(2, BYTES).lengthDelimited(feature.finish());
      features.tag(1, BYTES).lengthDelimited(entry.finish());
    }
    return new WireWriter().tag(1, BYTES).lengthDelimited(features.finish()).finish();
  }

  #wrongKind(kind: Kind): Problem | undefined {
    const feature = this.#current;
    feature.kind ??= kind;
    if (feature.kind === kind) return undefined;
    return problem("JSON_FEATURE_KIND", { feature: feature.name, kind: feature.kind });
  }
}

function makeFeature(name: string): Feature {
  return { name, kind: undefined, values: new WireWriter() };
}

/** Numbers are packed into one field; bytes are a field each. */
function listOf(kind: Kind, values: WireWriter): Uint8Array {
  const bytes = values.finish();
  return kind === "bytes" ? bytes : new WireWriter().tag(1, BYTES).lengthDelimited(bytes).finish();
}
