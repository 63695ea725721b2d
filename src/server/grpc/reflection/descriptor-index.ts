// The files of services, found by name or by a symbol in them, as server reflection hands them out.
// Invariant: files are complete: whatever a file imports is in the index too.
import { type DescFile, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { namedDescriptors } from "../../../bytes/protobuf/text-form.ts";

export class DescriptorIndex {
  readonly services: readonly string[];
  readonly #files = new Map<string, FileDescriptorProto>();
  /** Files by the full names of what they declare. */
  readonly #symbols = new Map<string, string>();

  /** `services` are listed; they and their methods are found in `files`. */
  constructor(
    services: readonly string[],
    files: readonly DescFile[],
    renamed: readonly FileDescriptorProto[] = [],
  ) {
    this.services = [...services].sort();
    for (const file of [...namedDescriptors(files), ...renamed]) {
      this.#files.set(file.name, file);
      for (const symbol of symbolsOf(file)) this.#symbols.set(symbol, file.name);
    }
  }

  /** The bytes of a file and of all it imports, the file first; undefined if there is none of that name. */
  byName(name: string): readonly Uint8Array[] | undefined {
    const found = new Map<string, FileDescriptorProto>();
    const add = (one: string): void => {
      const file = this.#files.get(one);
      if (!file || found.has(one)) return;
      found.set(one, file);
      for (const imported of file.dependency) add(imported);
    };
    add(name);
    if (found.size === 0) return undefined;
    return [...found.values()].map((file) => toBinary(FileDescriptorProtoSchema, file));
  }

  /** Likewise for the file that declares a service, method, message, field or enumeration. */
  bySymbol(symbol: string): readonly Uint8Array[] | undefined {
    const file = this.#symbols.get(symbol.replace(/^\./, ""));
    return file === undefined ? undefined : this.byName(file);
  }

  hasMessage(name: string): boolean {
    return this.#symbols.has(name);
  }
}

function symbolsOf(file: FileDescriptorProto): string[] {
  const prefix = file.package === "" ? "" : `${file.package}.`;
  const services = file.service.flatMap((service) => [
    `${prefix}${service.name}`,
    ...service.method.map((method) => `${prefix}${service.name}.${method.name}`),
  ]);
  const enumerations = file.enumType.map((one) => `${prefix}${one.name}`);
  return [...services, ...enumerations, ...file.messageType.flatMap((one) => symbolsOfMessage(prefix, one))];
}

function symbolsOfMessage(prefix: string, message: DescriptorProto): string[] {
  const name = `${prefix}${message.name}`;
  return [
    name,
    ...message.field.map((field) => `${name}.${field.name}`),
    ...message.enumType.map((one) => `${name}.${one.name}`),
    ...message.nestedType.flatMap((nested) => symbolsOfMessage(`${name}.`, nested)),
  ];
}
