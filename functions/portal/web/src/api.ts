// Every call of the API. Types come from the contract; what any call may meet on its way (a token that has run out, a sign-in that is too
// old, a reason that the tenant wants to know) is dealt with here, and the very same call is made again.

import createClient from "openapi-fetch";
import type { components, paths } from "./contract";
import { t } from "./i18n";
import { ask } from "./prompts";
import { accessToken, over, spent } from "./session";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];

/** A call that was refused, as the API says why. */
export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.detail);
  }
  /** Messages by field, for those errors that are about one. */
  get fields(): Record<string, string> {
    const entries = (this.problem.errors ?? []).map((e) => [e.pointer.split("/")[1] ?? "", e.detail] as const);
    return Object.fromEntries(entries.filter(([field]) => field));
  }
}

let reason: string | undefined;
export function forgetReason(): void {
  reason = undefined;
}

const codeOf = async (answer: Response): Promise<string | undefined> => {
  try {
    return ((await answer.clone().json()) as Problem).code;
  } catch {
    return undefined;
  }
};

/** Waits a little where the platform says how long, for reads alone. */
const patience = (request: Request, answer: Response): number | undefined => {
  const seconds = Number(answer.headers.get("retry-after"));
  return request.method === "GET" && answer.status === 429 && seconds > 0 && seconds <= 5 ? seconds : undefined;
};

async function send(request: Request): Promise<Response> {
  const asked = new Set<string>();
  for (;;) {
    let token = await accessToken();
    while (!token) {
      if (!over() || !(await ask("over"))) throw new DOMException("signed out", "AbortError");
      token = await accessToken();
    }
    const attempt = request.clone();
    attempt.headers.set("authorization", `Bearer ${token}`);
    if (reason) attempt.headers.set("x-access-reason", reason);
    const answer = await fetch(attempt);
    if (answer.ok) return answer;
    const wait = patience(request, answer);
    if (wait !== undefined && !asked.has("patience")) {
      asked.add("patience");
      await new Promise((done) => setTimeout(done, wait * 1000));
      continue;
    }
    const code = (await codeOf(answer)) ?? "";
    if ((code === "unauthenticated" || code === "token_refused") && !asked.has("token")) {
      asked.add("token");
      spent(token);
      continue;
    }
    if (code === "insufficient_user_authentication" && !asked.has(code)) {
      asked.add(code);
      if (await ask("stepUp")) continue;
    }
    if (code === "access_reason_required" && !asked.has(code)) {
      asked.add(code);
      reason = (await ask("reason")) ?? undefined;
      if (reason) continue;
    }
    return answer;
  }
}

const base = { baseUrl: location.origin, credentials: "same-origin" as const };
/** The API for whoever is signed in. */
export const api = createClient<paths>({ ...base, fetch: send });
/** The API for nobody in particular. */
export const open = createClient<paths>(base);

/** A read of any path, as whoever is signed in; its answer as it is. */
export const asked = (path: string, accept = "*/*"): Promise<Response> => send(new Request(location.origin + path, { credentials: "same-origin", headers: { accept } }));

/** Why an answer is none. */
export async function unreadable(answer: Response): Promise<Refused> {
  const problem = (await answer.json().catch(() => undefined)) as Problem | undefined;
  return problem?.code ? new Refused(problem, answer.status) : unreachable(answer.status);
}

/** A call of any operation, by its path; what it gave. */
export async function call(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<unknown> {
  const init = { method, credentials: "same-origin" as const, headers: { "content-type": "application/json", ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const made = async (): Promise<Answered<unknown>> => {
    const response = await send(new Request(location.origin + path, init));
    const told: unknown = await response.json().catch(() => undefined);
    return response.ok ? { data: told, response } : { error: told, response };
  };
  return must(made());
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What a call gave, or the reason why not. */
export async function must<T>(call: Promise<Answered<T>>): Promise<NonNullable<T>> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (answered.response.ok) return (answered.data ?? {}) as NonNullable<T>;
  const problem = answered.error as Problem | undefined;
  throw problem?.code ? new Refused(problem, answered.response.status) : unreachable(answered.response.status);
}

function unreachable(status = 0): Refused {
  const problem: Problem = { type: "about:blank", title: t("error.title"), status, code: "unavailable", detail: t("error.unreachable"), request_id: "" };
  return new Refused(problem, status);
}

/** What every intent is made with: its idempotency key, and the approval that it waits for, if any. */
export interface Under {
  key: string;
  approval?: string;
}

export const heads = (under: Under): { "Idempotency-Key": string; "Approval-Id"?: string } => ({
  "Idempotency-Key": under.key,
  ...(under.approval ? { "Approval-Id": under.approval } : {}),
});
/** For calls that take no idempotency key. */
export const approvalOf = (under: Under): { "Approval-Id"?: string } => (under.approval ? { "Approval-Id": under.approval } : {});

export type Awaiting = Schemas["AwaitingApproval"];
export function isAwaiting(answer: unknown): answer is Awaiting {
  return typeof answer === "object" && answer !== null && "approval" in answer && "expires_at" in answer && "status" in answer;
}
