// A configuration file's text form as a message. Source: TensorFlow Serving's util/proto_util.h.
// Not here: reading the file (node/), what its message means (the files beside this one).
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { readTextMessage, TextFormError } from "../../bytes/protobuf/text-form.ts";
import { type Problem, problem } from "../../core/errors.ts";

/** The message, or where its text is wrong. `file` is what the message calls it. */
export function readTextConfig<Desc extends DescMessage>(
  schema: Desc,
  file: string,
  text: string,
): MessageShape<Desc> | Problem {
  try {
    return readTextMessage(schema, text);
  } catch (error) {
    if (!(error instanceof TextFormError)) throw error;
    const { line, message: reason } = error;
    return problem("CONFIG_UNPARSABLE", { file, message: schema.typeName, line, reason }, error);
  }
}
