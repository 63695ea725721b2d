// Server reflection, v1 and v1alpha: tools such as grpcurl ask it which services there are and what they take.
// Source: https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
// Both versions have the same messages under two package names, so that one answers for both.
import { clone, create, type DescFile, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  file_grpc_reflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../../../bytes/protobuf/generated/grpc_reflection_pb.ts";
import { Problem } from "../../../core/errors.ts";
import type { GrpcMethods, GrpcReply } from "../call.ts";
import { parseMessage } from "../parse-message.ts";
import { DescriptorIndex } from "./descriptor-index.ts";

const SERVICES = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

/** The methods of both versions. `methods` are what else is served, `files` where it is described. */
export function reflectionMethods(methods: GrpcMethods, files: readonly DescFile[]): GrpcMethods {
  const served = [...methods.keys()].map((path) => path.split("/")[1] ?? "");
  const names = [...new Set([...served, ...SERVICES])];
  let index: DescriptorIndex | undefined;
  const indexed = (): DescriptorIndex => {
    // Not before it is asked for, which it is by few: copying the descriptors takes a tenth of a server's start.
    index ??= new DescriptorIndex(names, [...files, file_grpc_reflection], [v1alpha()]);
    return index;
  };
  const method = { stream: (messages: AsyncIterable<Uint8Array>) => answerAll(indexed(), messages) };
  return new Map(SERVICES.map((service) => [`/${service}/ServerReflectionInfo`, method]));
}

async function* answerAll(
  index: DescriptorIndex,
  messages: AsyncIterable<Uint8Array>,
): AsyncGenerator<GrpcReply> {
  for await (const message of messages) {
    const request = parseMessage(ServerReflectionRequestSchema, message);
    if (request instanceof Problem) {
      yield request;
      return;
    }
    const messageResponse = answer(index, request);
    const init = { validHost: request.host, originalRequest: request, messageResponse };
    const response = create(ServerReflectionResponseSchema, init);
    yield [toBinary(ServerReflectionResponseSchema, response)];
  }
}

function answer(index: DescriptorIndex, { messageRequest: asked }: ServerReflectionRequest): Answer {
  switch (asked.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: index.services.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return files(index.byName(asked.value), `File not found: ${asked.value}`);
    case "fileContainingSymbol":
      return files(index.bySymbol(asked.value), `Symbol not found: ${asked.value}`);
    case "fileContainingExtension":
      return refusal(NOT_FOUND, `${asked.value.containingType} has no extensions`);
    case "allExtensionNumbersOfType":
      if (!index.hasMessage(asked.value)) return refusal(NOT_FOUND, `Type not found: ${asked.value}`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value } };
    default:
      return refusal(UNIMPLEMENTED, "The request asks nothing that is known here");
  }
}

function files(found: readonly Uint8Array[] | undefined, otherwise: string): Answer {
  if (!found) return refusal(NOT_FOUND, otherwise);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: [...found] } };
}

function refusal(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

/** The same file under v1alpha's names. */
function v1alpha(): FileDescriptorProto {
  const file = clone(FileDescriptorProtoSchema, file_grpc_reflection.proto);
  const rename = (name: string): string => name.replace(".grpc.reflection.v1.", ".grpc.reflection.v1alpha.");
  file.name = "grpc_reflection_v1alpha.proto";
  file.package = "grpc.reflection.v1alpha";
  for (const message of file.messageType) {
    for (const field of message.field) field.typeName = rename(field.typeName);
  }
  for (const service of file.service) {
    for (const method of service.method) {
      method.inputType = rename(method.inputType);
      method.outputType = rename(method.outputType);
    }
  }
  return file;
}
