// What a person has chosen for this browser: language and theme, kept; the zone of times, for as long as the page is open.

import { useSyncExternalStore } from "react";

export type Language = "en" | "de";
export type Theme = "system" | "light" | "dark";
export type Zone = "local" | "utc";

interface Settings {
  language: Language;
  theme: Theme;
  zone: Zone;
}

const stored = (name: string): string | null => {
  try {
    return localStorage.getItem(`ledgerkeep.${name}`);
  } catch {
    return null;
  }
};

const language = stored("language") ?? navigator.language.slice(0, 2);
const theme = stored("theme");
let settings: Settings = {
  language: language === "de" ? "de" : "en",
  theme: theme === "light" || theme === "dark" ? theme : "system",
  zone: "local",
};

const listeners = new Set<() => void>();

function show(): void {
  document.documentElement.lang = settings.language;
  document.documentElement.dataset.theme = settings.theme;
}
show();

export function choose(changed: Partial<Settings>): void {
  settings = { ...settings, ...changed };
  try {
    localStorage.setItem("ledgerkeep.language", settings.language);
    localStorage.setItem("ledgerkeep.theme", settings.theme);
  } catch {
    // Then it holds for this page alone.
  }
  show();
  for (const listener of listeners) listener();
}

export const current = (): Settings => settings;

/** Whether the page is dark now, by choice or as the system is. */
export const isDark = (): boolean => settings.theme === "dark" || (settings.theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);

/** How numbers and times are written: as the browser is used to in the chosen language. */
export const locale = (): string => navigator.languages.find((one) => one.slice(0, 2) === settings.language) ?? settings.language;

export const useSettings = (): Settings =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
