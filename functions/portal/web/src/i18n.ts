// Messages by key. What is told before a sign-in is English in the first bundle; the rest, and other languages, are fetched.

import { useEffect, useState } from "react";
import type en from "./messages/en";
import front from "./messages/en.front";
import { current, locale, useSettings } from "./settings";

/** What is told before a sign-in, and what behind it. */
export type Front = Record<keyof typeof front, string>;
export type Rest = Record<keyof typeof en, string>;
export type Key = keyof Front | keyof Rest;

let catalogue: Partial<Record<Key, string>> = front;
/** Whether somebody is signed in, who is told more. */
let whole = false;

export async function loadLanguage(): Promise<void> {
  const german = current().language === "de";
  const first = german ? (await import("./messages/de.front")).default : front;
  if (!whole) catalogue = first;
  else catalogue = { ...first, ...(await (german ? import("./messages/de") : import("./messages/en"))).default };
}

/** What whoever is signed in may be told. */
export function loadAll(): Promise<void> {
  whole = true;
  return loadLanguage();
}

/** A message, with `{names}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A message that depends on a count: `<key>.one` or `<key>.other`. */
export function counted(key: "list.rows" | "home.waiting", count: number): string {
  const form = new Intl.PluralRules(current().language).select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { count: new Intl.NumberFormat(locale()).format(count) });
}

/** A state, type or code of the API; one that is not known is shown as it is. */
export function label(value: string): string {
  const known = (catalogue as Record<string, string>)[`value.${value}`];
  return known ?? value.replaceAll("_", " ").replaceAll(".", ": ");
}

/** Renders anew when the language has been fetched. */
export function useLanguage(): string {
  const { language } = useSettings();
  const [shown, show] = useState(language);
  useEffect(() => {
    let stale = false;
    void loadLanguage().then(() => {
      if (!stale) show(language);
    });
    return () => {
      stale = true;
    };
  }, [language]);
  return shown;
}
