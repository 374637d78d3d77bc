// What every form does when it is sent: once at a time, with what came of it at its fields where that is known.

import { type FormEvent, type MouseEvent, useState } from "react";
import { Refused } from "./api";

/** `send` is what `onSubmit` takes; `fields` are errors at fields, `failed` is what stands at none of them. What is `ignored` is no failure. */
export function useSending(go: (data: FormData) => Promise<void>, ignored: (why: unknown) => boolean = () => false) {
  const [error, fail] = useState<unknown>();
  // Whether a field that is wrong has no place in the form.
  const [placeless, lose] = useState(false);
  const [busy, work] = useState(false);
  const fields = error instanceof Refused ? error.fields : {};
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    const data = new FormData(form);
    work(true);
    fail(undefined);
    go(data)
      .catch((why: unknown) => {
        if (ignored(why)) return;
        lose(why instanceof Refused && Object.keys(why.fields).some((name) => form.elements.namedItem(name) === null));
        fail(why);
      })
      .finally(() => work(false));
  };
  return { send, busy, fields, failed: placeless || Object.keys(fields).length === 0 ? error : undefined };
}

/** On a form's click: what was wrong with the last attempt does not hold the next one up. What is missing still does. */
export function forgive(event: MouseEvent<HTMLFormElement>): void {
  if (!(event.target instanceof Element) || !event.target.closest('[type="submit"]')) return;
  for (const field of event.currentTarget.elements) if ("setCustomValidity" in field && typeof field.setCustomValidity === "function") field.setCustomValidity("");
}

/** On a form's pressing: the field keeps the focus, as an error that goes away when it is left would move the button from under the press. */
export function steady(event: MouseEvent<HTMLFormElement>): void {
  if (event.target instanceof Element && event.target.closest('[type="submit"]')) event.preventDefault();
}

export const textOf = (data: FormData, name: string): string => {
  const value = data.get(name);
  return typeof value === "string" ? value.trim() : "";
};
