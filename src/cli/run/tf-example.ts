// --input_examples: dictionaries of features become serialized tf.train.Example messages, as saved_model_cli makes them.
// Source: TensorFlow's example.proto and feature.proto. The first value of a list decides the kind of the whole list.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ExampleSchema, type FeatureSchema } from "../../bytes/protobuf/generated/tensorflow_example_pb.ts";
import { fail } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { PythonValue } from "../python/parse-literal.ts";

/** A string tensor with one serialized Example an entry. Throws EXAMPLES_MALFORMED. */
export function exampleTensor(key: string, value: PythonValue): TensorValue {
  if (value.type !== "list") {
    return fail("EXAMPLES_MALFORMED", {
      key,
      reason: `tf.Example input must be a list of dictionaries, a ${value.type} was given`,
    });
  }
  const strings = value.items.map((item) => serializedExample(key, item));
  return { dtype: "string", shape: [strings.length], data: new Uint8Array(), strings };
}

function serializedExample(key: string, value: PythonValue): Uint8Array {
  if (value.type !== "dict") {
    return fail("EXAMPLES_MALFORMED", {
      key,
      reason: `an example must be a dictionary, not a ${value.type}`,
    });
  }
  const feature: Record<string, MessageInitShape<typeof FeatureSchema>> = {};
  for (const [name, list] of value.entries) {
    if (name.type !== "str") {
      return fail("EXAMPLES_MALFORMED", {
        key,
        reason: `a feature's name must be a string, not a ${name.type}`,
      });
    }
    feature[name.value] = featureOf(key, name.value, list);
  }
  return toBinary(ExampleSchema, create(ExampleSchema, { features: { feature } }));
}

function featureOf(key: string, name: string, list: PythonValue): MessageInitShape<typeof FeatureSchema> {
  if (list.type !== "list") {
    return fail("EXAMPLES_MALFORMED", {
      key,
      reason: `feature value must be a list, but ${name} is a ${list.type}`,
    });
  }
  const kind = list.items[0]?.type;
  const mixed = (found: PythonValue) =>
    fail("EXAMPLES_MALFORMED", {
      key,
      reason: `feature ${name} begins with a ${kind}, a ${found.type} follows`,
    });
  switch (kind) {
    case "float": {
      const value = list.items.map((item) =>
        item.type === "float" ? item.value : item.type === "int" ? Number(item.value) : mixed(item),
      );
      return { kind: { case: "floatList", value: { value } } };
    }
    case "int":
    case "bool": {
      const value = list.items.map((item) =>
        item.type === "int" ? item.value : item.type === "bool" ? BigInt(item.value) : mixed(item),
      );
      return { kind: { case: "int64List", value: { value } } };
    }
    case "str":
    case "bytes": {
      const value = list.items.map((item) =>
        item.type === kind ? (item.type === "str" ? Buffer.from(item.value) : item.value) : mixed(item),
      );
      return { kind: { case: "bytesList", value: { value } } };
    }
    default:
      return fail("EXAMPLES_MALFORMED", {
        key,
        reason: kind ? `feature ${name}: a ${kind} is not supported` : `feature ${name} is empty`,
      });
  }
}
