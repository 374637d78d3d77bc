// The session of this page: its access token lives in memory, the refresh token in a cookie that no script sees. Tabs take turns at
// the cookie, and hear of each other's sign-out.

import { useSyncExternalStore } from "react";

/** `over`: somebody was signed in here and what they do is kept behind a sign-in. */
export type State = "starting" | "in" | "out" | "over";

interface Token {
  text: string;
  /** Of this page's own clock. */
  until: number;
}

const LOCK = "ledgerkeep-refresh";
/** Milliseconds before its end at which a token is replaced. */
const EARLY = 30_000;

let token: Token | undefined;
let state: State = "starting";
const listeners = new Set<() => void>();
const channel = new BroadcastChannel("ledgerkeep-session");

function become(next: State): void {
  state = next;
  for (const listener of listeners) listener();
}

channel.onmessage = (message: MessageEvent<unknown>) => {
  if (message.data === "signed-out") forget();
};
// A page that comes back from the browser's cache proves anew who it belongs to.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

export const useSession = (): State =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );

/** A session begins, or goes on, with this token. */
export function begin(text: string, seconds: number): void {
  token = { text, until: Date.now() + seconds * 1000 };
  become("in");
}

/** Nothing is left of the session in this page. */
export function forget(): void {
  token = undefined;
  become("out");
}

/** The token did not do: the next call asks for another. */
export function spent(text: string): void {
  if (token?.text === text) token = undefined;
}

/** What is done is kept, and a sign-in asked for over it; says whether there is anything to keep. */
export function over(): boolean {
  token = undefined;
  become(state === "in" || state === "over" ? "over" : "out");
  return state === "over";
}

/** Ends the session, here and in every other tab, whether the platform can be told or not. */
export async function leave(session?: string): Promise<void> {
  try {
    const text = await accessToken();
    const path = session ? `/identity/v1/sessions/${encodeURIComponent(session)}` : "/identity/v1/sessions";
    if (text) await fetch(path, { method: "DELETE", headers: { authorization: `Bearer ${text}` }, credentials: "same-origin" });
  } catch {
    // Then it ends by itself.
  }
  forget();
  tellOthers();
  history.replaceState(null, "", "/portal/home");
}

async function refresh(): Promise<string | undefined> {
  return navigator.locks.request(LOCK, async () => {
    // Another call of this page has waited for the same.
    if (token && token.until - EARLY > Date.now()) return token.text;
    const answer = await fetch("/identity/v1/portal/refresh", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      credentials: "same-origin",
    });
    if (answer.status === 401) return undefined;
    if (!answer.ok) throw new Error(`${answer.status}`);
    const told = (await answer.json()) as { access_token: string; expires_in: number };
    begin(told.access_token, told.expires_in);
    return told.access_token;
  });
}

/** An access token that is good for a while, or nothing: then there is no session. */
export async function accessToken(): Promise<string | undefined> {
  if (token && token.until - EARLY > Date.now()) return token.text;
  return refresh();
}

/** Goes on with the session of an earlier page, if there is one. */
export async function restore(): Promise<void> {
  try {
    if (!(await refresh())) become("out");
  } catch {
    become("out");
  }
}

export function tellOthers(): void {
  channel.postMessage("signed-out");
}
