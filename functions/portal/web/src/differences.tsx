// What differs between a version of a role and what is made of it, a line each.

import { inWords } from "./filter";
import { t } from "./i18n";
import type { Role } from "./roles";

export interface Line {
  sign: "+" | "-";
  text: string;
}
/** What a version says. */
export interface Version {
  name: string;
  grants: readonly { right: string; effect: string; filter?: unknown }[];
  exclusions: readonly (readonly string[])[];
  networks: readonly string[];
}

const said = ({ name, grants, exclusions, networks }: Version): string[] => [
  `${t("field.name")}: ${name}`,
  ...grants.map((g) => `${t(g.effect === "deny" ? "roles.denied" : "roles.allowed")} ${g.right}: ${inWords(g.filter)}`),
  ...exclusions.map((pair) => `${t("roles.exclusions")}: ${pair.join(" / ")}`),
  ...networks.map((one) => `${t("field.networks")}: ${one}`),
];

export function differences(role: Role | undefined, next: Version): Line[] {
  const [before, after] = [role ? said(role) : [], said(next)];
  const without = (from: string[], what: readonly string[]): string[] => what.reduce((left, one) => (left.includes(one) ? left.toSpliced(left.indexOf(one), 1) : left), from);
  return [...without(before, after).map((text) => ({ sign: "-" as const, text })), ...without(after, before).map((text) => ({ sign: "+" as const, text }))];
}

export function Changes({ lines }: { lines: readonly Line[] }) {
  return (
    // It scrolls, so it takes the focus.
    <ul className="diff" tabIndex={0} aria-label={t("roles.review")}>
      {lines.map((line, place) => (
        <li key={`${place}`}>{line.sign === "+" ? <ins>+ {line.text}</ins> : <del>− {line.text}</del>}</li>
      ))}
    </ul>
  );
}
