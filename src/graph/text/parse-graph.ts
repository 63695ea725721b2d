// Text -> graph. The form is described in ../text.ts; mistakes are SyntaxErrors that name the line.
// Not here: checks of the graph's meaning (../verify.ts), types of computed values (../infer-types.ts).
import { type Attribute, subgraph, tensor } from "../attribute.ts";
import { Graph, NO_ORIGIN, Node, Value } from "../graph.ts";
import { tensorType, type ValueType } from "../type.ts";
import { lex, type Token, TokenReader } from "./lex.ts";
import { parseContents, parseElement, parseType, toNumber } from "./parse-type.ts";

export function parseGraph(text: string): Graph {
  const reader = new TokenReader(lex(text));
  const graph = parseGraphIn(reader, new Scope());
  if (reader.peek().kind !== "end") reader.fail("the end");
  return graph;
}

/** Values by name, of this graph and of those around it. */
class Scope {
  private readonly values = new Map<string, Value>();
  private readonly outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.outer = outer;
  }

  find(name: string): Value | undefined {
    return this.values.get(name) ?? this.outer?.find(name);
  }

  define(reader: TokenReader, name: string, type: ValueType | undefined): Value {
    if (this.find(name)) reader.fail(`a name other than ${name}, which is taken,`);
    const value = new Value(name, type);
    this.values.set(name, value);
    return value;
  }
}

function parseGraphIn(reader: TokenReader, outer: Scope): Graph {
  if (!reader.acceptWord("graph")) reader.fail('"graph"');
  const graph = new Graph(reader.name());
  const scope = new Scope(outer);
  graph.inputs.push(...reader.list("(", ")", () => parseDeclared(reader, scope)));
  reader.expect("->");
  const outputs = reader.list("(", ")", () => ({ token: reader.peek(), name: reader.name() }));
  reader.expect("{");
  while (!reader.accept("}")) parseStatement(reader, graph, scope);
  for (const { token, name } of outputs) graph.outputs.push(used(reader, scope, token, name));
  return graph;
}

function parseDeclared(reader: TokenReader, scope: Scope): Value {
  const name = reader.name();
  return scope.define(reader, name, reader.accept(":") ? parseType(reader) : undefined);
}

function parseStatement(reader: TokenReader, graph: Graph, scope: Scope): void {
  if (reader.acceptWord("opset", (token) => token.kind === "name" || token.kind === "string")) {
    const domain = reader.name();
    graph.opsets.set(domain === "ai.onnx" ? "" : domain, Number(reader.next().text));
    return;
  }
  const outputs: (Value | undefined)[] = [];
  do {
    outputs.push(reader.acceptWord("_") ? undefined : parseDeclared(reader, scope));
  } while (reader.accept(","));
  reader.expect("=");
  const [first] = outputs;
  const follows = reader.peek(0);
  if (first?.type?.kind === "tensor" && (follows.text === "[" || follows.text === "random")) {
    first.initializer = parseContents(reader, first.type);
  } else parseNode(reader, graph, scope, outputs);
}

function parseNode(
  reader: TokenReader,
  graph: Graph,
  scope: Scope,
  outputs: readonly (Value | undefined)[],
): void {
  const [op, domain] = reader.name().split("::").reverse();
  const inputs = reader.list("(", ")", () => {
    const token = reader.peek();
    return reader.acceptWord("_") ? undefined : used(reader, scope, token, reader.name());
  });
  const attributes = new Map<string, Attribute>();
  if (reader.peek().text === "{") {
    reader.list("{", "}", () => {
      const name = reader.name();
      reader.expect("=");
      attributes.set(name, parseAttribute(reader, scope));
    });
  }
  const origin = reader.accept("@") ? { ...NO_ORIGIN, scope: reader.name() } : NO_ORIGIN;
  graph.insert(new Node({ op: op ?? "", domain: domain ?? "", origin, inputs, outputs, attributes }));
}

function used(reader: TokenReader, scope: Scope, token: Token, name: string): Value {
  return scope.find(name) ?? reader.fail("a value defined before", token);
}

function parseAttribute(reader: TokenReader, scope: Scope): Attribute {
  const token = reader.peek();
  if (token.kind === "string") return { kind: "string", value: reader.name() };
  if (token.text === "graph") return subgraph(parseGraphIn(reader, scope));
  if (token.text === "[") return parseListAttribute(reader);
  if (reader.acceptWord("floats"))
    return { kind: "floats", value: reader.list("[", "]", () => toNumber(parseElement(reader))) };
  if (reader.acceptWord("strings"))
    return { kind: "strings", value: reader.list("[", "]", () => reader.name()) };
  if (reader.acceptWord("type")) return { kind: "type", value: parseType(reader) };
  if (reader.acceptWord("tensors"))
    return { kind: "tensors", value: reader.list("[", "]", () => parseTensor(reader)) };
  if (reader.acceptWord("graphs")) {
    return { kind: "graphs", value: reader.list("[", "]", () => parseGraphIn(reader, scope)) };
  }
  if (token.kind === "number" || token.text === "-" || isWord(token))
    return parseNumber(parseElement(reader));
  return tensor(parseTensor(reader));
}

function parseTensor(reader: TokenReader) {
  const type = parseType(reader);
  if (type.kind !== "tensor") reader.fail("a tensor type before this");
  return parseContents(reader, tensorType(type.dtype, type.shape ?? []));
}

function parseListAttribute(reader: TokenReader): Attribute {
  const quoted = reader.peek(1).kind === "string";
  const elements = reader.list("[", "]", () => parseElement(reader));
  if (quoted) return { kind: "strings", value: elements };
  if (elements.some(isFloatText)) return { kind: "floats", value: elements.map(toNumber) };
  return { kind: "ints", value: elements.map(Number) };
}

function parseNumber(text: string): Attribute {
  return { kind: isFloatText(text) ? "float" : "int", value: toNumber(text) };
}

function isFloatText(text: string): boolean {
  return /[.einf]/.test(text);
}

function isWord(token: Token): boolean {
  return token.text === "inf" || token.text === "nan";
}
