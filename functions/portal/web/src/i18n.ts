// Messages by key. English is in the first bundle, others are fetched when they are chosen.

import { useEffect, useState } from "react";
import en from "./messages/en";
import { current, locale, useSettings } from "./settings";

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;

let catalogue: Catalogue = en;

export async function loadLanguage(): Promise<void> {
  catalogue = current().language === "de" ? (await import("./messages/de")).default : en;
}

/** A message, with `{names}` filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
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
