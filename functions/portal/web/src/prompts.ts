// What a call waits for in the middle: one question at a time, answered by the dialog that `Prompts` shows.

import { useSyncExternalStore } from "react";

export type Kind = "over" | "stepUp" | "reason";

interface Prompt {
  kind: Kind;
  answered: Promise<string | null>;
  answer: (value: string | null) => void;
}

let prompt: Prompt | undefined;
const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

/** Asks; calls that wait for the same are answered together. Null is a no. */
export async function ask(kind: Kind): Promise<string | null> {
  while (prompt && prompt.kind !== kind) await prompt.answered;
  if (!prompt) {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const answer = (value: string | null): void => {
      prompt = undefined;
      tell();
      resolve(value);
    };
    prompt = { kind, answered: promise, answer };
    tell();
  }
  return prompt.answered;
}

/** Whatever is asked is answered with a no. */
export function cancelAll(): void {
  prompt?.answer(null);
}

export const usePrompt = (): Prompt | undefined =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => prompt,
  );
