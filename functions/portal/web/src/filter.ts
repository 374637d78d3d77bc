// Filters of grants: in words, and as conditions that a form can hold. What is nested deeper than a form shows is kept as its text.

import type { Schemas } from "./api";
import { t } from "./i18n";

export type Filter = Schemas["Filter"];
export type Right = Schemas["Right"];

export const OPERATORS = ["eq", "in", "le", "ge", "self_eq"] as const;
export type Operator = (typeof OPERATORS)[number];
export interface Condition {
  attribute: string;
  operator: Operator;
  value: string;
}
/** What a form holds of a filter: everything, some conditions, or the filter's own text. */
export type Draft = { of: "everything" } | { of: "conditions"; all: boolean; conditions: Condition[] } | { of: "text"; text: string };

const record = (value: unknown): Record<string, unknown> | undefined => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined);
const only = (filter: unknown): [string, unknown] | undefined => {
  const entries = Object.entries(record(filter) ?? {});
  return entries.length === 1 ? entries[0] : undefined;
};

function condition(filter: unknown): Condition | undefined {
  const [operator = "", body] = only(filter) ?? [];
  const said = record(body);
  const attribute = said?.attribute;
  if (!said || typeof attribute !== "string") return undefined;
  if (operator === "self_eq") return said.principal === "id" ? { attribute, operator, value: "" } : undefined;
  // A value with a comma in it would become two.
  if (operator === "in") return Array.isArray(said.values) && !said.values.some((v) => String(v).includes(",")) ? { attribute, operator, value: said.values.join(", ") } : undefined;
  return operator === "eq" || operator === "le" || operator === "ge" ? { attribute, operator, value: String(said.value) } : undefined;
}

export function draftOf(filter: unknown): Draft {
  if (filter === undefined || filter === null) return { of: "everything" };
  const [kind = "", parts] = only(filter) ?? [];
  const listed: unknown[] = (kind === "all" || kind === "any") && Array.isArray(parts) ? parts : [filter];
  const conditions = listed.map(condition);
  if (conditions.length > 0 && conditions.every((one) => one !== undefined)) return { of: "conditions", all: kind !== "any", conditions };
  return { of: "text", text: JSON.stringify(filter, null, 2) };
}

/** What an attribute holds, by the catalogue. */
export const holds = (right: Right | undefined, attribute: string): string => right?.holds[right.attributes.indexOf(attribute)] ?? "text";
/** Which comparisons make sense of what an attribute holds. */
export const operatorsOf = (right: Right | undefined, attribute: string): readonly Operator[] => (holds(right, attribute) === "number" ? ["eq", "in", "le", "ge"] : ["eq", "in", "self_eq"]);

/** The filter that a form means, or why it means none. */
export function filterOf(draft: Draft, right: Right | undefined): { filter?: Filter; wrong?: string } {
  if (draft.of === "everything") return {};
  if (draft.of === "text") {
    try {
      return { filter: JSON.parse(draft.text) as Filter };
    } catch {
      return { wrong: t("filter.noText") };
    }
  }
  const parts: Filter[] = [];
  for (const { attribute, operator, value } of draft.conditions) {
    if (operator === "self_eq") {
      parts.push({ self_eq: { attribute, principal: "id" } });
      continue;
    }
    const values = (operator === "in" ? value.split(",") : [value]).map((one) => one.trim());
    if (values.some((one) => !one)) return { wrong: t("filter.noValue", { attribute }) };
    const number = holds(right, attribute) === "number";
    if (number && values.some((one) => !/^-?\d{1,15}$/.test(one))) return { wrong: t("filter.noNumber", { attribute }) };
    const typed = values.map((one) => (number ? Number(one) : one));
    const [first = ""] = typed;
    if (operator === "in") parts.push({ in: { attribute, values: typed } });
    else if (operator === "le") parts.push({ le: { attribute, value: first } });
    else if (operator === "ge") parts.push({ ge: { attribute, value: first } });
    else parts.push({ eq: { attribute, value: first } });
  }
  const [one] = parts;
  if (!one) return { wrong: t("filter.none") };
  return { filter: parts.length === 1 ? one : draft.all ? { all: parts } : { any: parts } };
}

/** A filter for people. */
export function inWords(filter: unknown): string {
  if (filter === undefined || filter === null) return t("roles.all");
  const [kind = "", body] = only(filter) ?? [];
  const said = record(body);
  if ((kind === "all" || kind === "any") && Array.isArray(body)) {
    const parts = body.map((part) => (["all", "any"].includes(only(part)?.[0] ?? "") ? `(${inWords(part)})` : inWords(part)));
    return parts.length > 0 ? parts.join(` ${t(kind === "all" ? "filter.and" : "filter.or")} `) : t(kind === "all" ? "roles.all" : "filter.nothing");
  }
  if (kind === "not") return t("filter.not", { what: inWords(body) });
  if (!said) return JSON.stringify(filter);
  const attribute = String(said.attribute);
  switch (kind) {
    case "eq":
      return `${attribute} = ${String(said.value)}`;
    case "le":
      return `${attribute} ≤ ${String(said.value)}`;
    case "ge":
      return `${attribute} ≥ ${String(said.value)}`;
    case "in":
      return t("filter.oneOf", { attribute, values: Array.isArray(said.values) ? said.values.join(", ") : "" });
    case "self_eq":
      return t("filter.self", { attribute, principal: String(said.principal) });
    default:
      return JSON.stringify(filter);
  }
}
