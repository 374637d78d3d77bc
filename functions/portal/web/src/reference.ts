// The merged contract, as far as the reference draws it.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  default?: unknown;
  "x-data-class"?: string;
}
export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  example?: unknown;
  schema?: Schema;
}
interface Content {
  schema?: Schema;
  example?: unknown;
}
interface Answer {
  description?: string;
  content?: Record<string, Content>;
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  service: string;
  noun: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  body?: Content & { required: boolean; media: string };
  answers: { status: string; about: string; content?: Content }[];
  /** What refuses it: status, code and why. */
  refusals: { status: string; code: string; about: string }[];
  right: string;
  fourEyes: boolean;
  stepUp: boolean;
}
export interface Reference {
  version: string;
  operations: Operation[];
  schemas: Record<string, Schema>;
}

/** Values that are all named; of more, half of them. */
const FEW = 14;
const METHODS = ["get", "post", "put", "patch", "delete"];

type Raw = Record<string, unknown> & {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content?: Record<string, Content> };
  responses?: Record<string, Answer>;
  "x-ledgerkeep"?: { access?: string; four_eyes?: boolean; step_up?: boolean };
};

function operation(method: string, path: string, raw: Raw): Operation {
  const [service = "", noun = ""] = (raw.tags?.[0] ?? "").split(" ");
  const [media, content] = Object.entries(raw.requestBody?.content ?? {})[0] ?? [];
  const answers: Operation["answers"] = [];
  const refusals: Operation["refusals"] = [];
  for (const [status, answer] of Object.entries(raw.responses ?? {})) {
    if (Number(status) < 300) answers.push({ status, about: answer.description ?? "", content: Object.values(answer.content ?? {})[0] });
    else
      for (const line of (answer.description ?? "").split("\n\n")) {
        const [, code = "", about = line] = /^`([a-z0-9_]+)`: (.*)$/s.exec(line) ?? [];
        refusals.push({ status, code, about });
      }
  }
  const own = raw["x-ledgerkeep"];
  return {
    id: raw.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    service,
    noun,
    summary: raw.summary ?? "",
    description: raw.description ?? "",
    parameters: raw.parameters ?? [],
    ...(content && media ? { body: { ...content, media, required: raw.requestBody?.required === true } } : {}),
    answers,
    refusals,
    right: own?.access ?? "",
    fourEyes: own?.four_eyes === true,
    stepUp: own?.step_up === true,
  };
}

export async function reference(): Promise<Reference> {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  const document = (await answer.json()) as { info: { version: string }; paths: Record<string, Record<string, Raw>>; components?: { schemas?: Record<string, Schema> } };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => METHODS.flatMap((method) => (methods[method] ? [operation(method, path, methods[method])] : [])));
  return { version: document.info.version, operations, schemas: document.components?.schemas ?? {} };
}

/** The name behind a reference. */
export const named = (schema: Schema | undefined): string | undefined => schema?.$ref?.split("/").at(-1);

/** What a value is, in a few words. */
export function kind(schema: Schema | undefined, schemas: Record<string, Schema>, depth = 0): string {
  if (!schema || depth > 6) return "";
  const name = named(schema);
  if (name) {
    const meant = schemas[name];
    return meant?.properties || meant?.oneOf || meant?.anyOf ? name : kind(meant, schemas, depth + 1) || name;
  }
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return [...new Set(several.map((one) => kind(one, schemas, depth + 1)))].join(" | ");
  if (schema.allOf) return schema.allOf.map((one) => kind(one, schemas, depth + 1)).join(" & ");
  if (schema.enum) return schema.enum.length > FEW ? `${schema.enum.slice(0, FEW / 2).join(" | ")} | … (${schema.enum.length})` : schema.enum.join(" | ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.items) return `${kind(schema.items, schemas, depth + 1)}[]`;
  const types = [schema.type ?? []].flat();
  return [types.join(" | "), schema.format].filter(Boolean).join(", ");
}

/** Bounds of a value, as far as they are said. */
export function bounds(schema: Schema): string {
  const said: string[] = [];
  if (schema.minimum !== undefined) said.push(`≥ ${schema.minimum}`);
  if (schema.maximum !== undefined) said.push(`≤ ${schema.maximum}`);
  if (schema.minLength !== undefined || schema.maxLength !== undefined) said.push(`${schema.minLength ?? 0}–${schema.maxLength ?? "∞"}`);
  if (schema.maxItems !== undefined) said.push(`≤ ${schema.maxItems} []`);
  if (schema.pattern) said.push(schema.pattern);
  return said.join(", ");
}
