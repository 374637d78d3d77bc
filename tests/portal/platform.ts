// A platform on a folder of its own, filled through the API as its users would: a tenant with people of several roles, customers whose
// names are attacks, payments, invoices, a webhook, a request of a data subject.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const STATE = process.env.PORTAL_STATE ?? join(tmpdir(), "ledgerkeep-portal-state.json");
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const PASSWORD = "a quiet harbour 47 sails";
/** What is stored in every field that takes a text. */
export const ATTACKS = ["<img src=x onerror=alert(1)>", '"><script>alert(2)</script>', "=HYPERLINK(\"http://evil.example\")", "javascript:alert(3)"];

/** Ten that one person may hold, and that have nearly every right: nobody writes entries and closes months, or gives credit and refunds as finance. */
const TOGETHER = ["accountant", "administrator", "billing_integration", "card_custodian", "integration", "privacy_officer", "risk_analyst", "risk_manager", "support", "webhook_manager"];
/** Every role that a new tenant has. */
export const ROLES = ["accountant", "administrator", "auditor", "billing_integration", "card_custodian", "controller", "finance", "integration", "privacy_officer", "risk_analyst", "risk_manager", "support", "treasurer", "webhook_manager"];

export interface Person {
  email: string;
  password: string;
}
export interface State {
  address: string;
  ca: string;
  data: string;
  tenant: string;
  ada: Person;
  grace: Person;
  /** Holds every role of those that go together. */
  olga: Person;
  people: Record<string, Person>;
  ids: Record<string, string>;
}

type Json = Record<string, unknown>;

/** A call as a program makes it. */
export async function call(state: Pick<State, "address" | "ca">, method: string, path: string, body?: Json, token?: string, headers: Record<string, string> = {}): Promise<Json> {
  const all: Record<string, string> = { "content-type": "application/json", "idempotency-key": randomUUID(), ...headers };
  if (token) all.authorization = `Bearer ${token}`;
  return new Promise((done, fail) => {
    const asked = request(state.address + path, { method, headers: all, ca: readFileSync(state.ca) }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => (text += part.toString()));
      answer.on("end", () => {
        const told = (text ? JSON.parse(text) : {}) as Json;
        if ((answer.statusCode ?? 500) >= 300) fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        else done(told);
      });
    });
    asked.on("error", fail);
    asked.end(method === "GET" || method === "DELETE" ? undefined : JSON.stringify(body ?? {}));
  });
}

export async function signIn(state: State, person: Person): Promise<string> {
  const made = await call(state, "POST", "/identity/v1/sessions", { tenant: state.tenant, ...person });
  return made.access_token as string;
}

const wait = (millis: number): Promise<void> => new Promise((done) => setTimeout(done, millis));

/** Invites somebody, with a second person's approval, and chooses the password by the code of the mail. */
async function invite(state: State, command: string, name: string, roles: string[], tokens: [string, string]): Promise<Person> {
  const email = `${name}@first.example`;
  const body = { name: `${name[0]?.toUpperCase()}${name.slice(1)} Example`, email, roles };
  const { approval } = await call(state, "POST", "/identity/v1/users", body, tokens[0]);
  await call(state, "POST", `/identity/v1/approvals/${approval as string}`, { decision: "approve" }, tokens[1]);
  await call(state, "POST", "/identity/v1/users", body, tokens[0], { "approval-id": approval as string });
  for (let tries = 0; ; tries++) {
    const mail = execFileSync(command, ["mail", "--data-dir", state.data, "--to", email], { encoding: "utf8" });
    const code = /^\s+(ten_\S+\.\S+)$/m.exec(mail)?.[1];
    if (code) {
      await call(state, "POST", "/identity/v1/password-resets/confirm", { token: code, password: PASSWORD });
      return { email, password: PASSWORD };
    }
    if (tries > 100) throw new Error(`no mail for ${email}`);
    await wait(100);
  }
}

async function fill(state: State, command: string): Promise<void> {
  const tokens: [string, string] = [await signIn(state, state.ada), await signIn(state, state.grace)];
  state.olga = await invite(state, command, "olga", TOGETHER, tokens);
  // Of those who must have a second factor there is an administrator already.
  state.people.administrator = state.grace;
  for (const role of ROLES.filter((one) => one !== "administrator")) state.people[role] = await invite(state, command, role.replaceAll("_", "."), [role], tokens);
  const olga = await signIn(state, state.olga);
  const controller = await signIn(state, state.people.controller ?? state.ada);
  const seller = { name: ATTACKS[0], address: { lines: ["Kai 1"], city: "Hamburg", postal_code: "20457" }, country: "DE", tax_ids: ["DE136695976"], legal_note: ATTACKS[1] };
  const tax = { replaces: 0, settings: { seller, rates: [{ country: "DE", category: "standard", rate: "19", from: "2021-01-01" }], exemptions: [{ category: "books", reason: ATTACKS[2] }] } };
  const { approval } = await call(state, "PUT", "/billing/v1/tax-settings", tax, controller);
  await call(state, "POST", `/identity/v1/approvals/${approval as string}`, { decision: "approve" }, tokens[1]);
  await call(state, "PUT", "/billing/v1/tax-settings", tax, controller, { "approval-id": approval as string });
  const post = (path: string, body: Json): Promise<Json> => call(state, "POST", path, body, olga);
  await post("/notifications/v1/webhooks", { url: "https://example.com/hooks", event_types: ["*"], description: ATTACKS[1] });
  await post("/tenancy/v1/api-clients", { name: ATTACKS[0], roles: ["webhook_manager"] });
  for (const [place, name] of ["Ada Lovelace", ...ATTACKS].entries()) {
    const customer = (await post("/billing/v1/customers", { name, email: `c${place}@shop.example`, reference: `ref-${place}`, country: "DE" })).id as string;
    const method = (await post("/vault/v1/payment-methods", { customer, number: "4242424242424242", exp_month: 12, exp_year: 2039, holder: name })).id as string;
    // Even amounts of few units: the local provider takes them.
    const payment = await post("/payments/v1/payments", { amount: 4200, currency: "EUR", customer, payment_method: method, reference: `order-${place}` });
    if (payment.status === "captured") state.ids[`payment${place}`] = payment.id as string;
    const invoice = await post("/billing/v1/invoices", { customer, currency: "JPY", memo: ATTACKS[0], lines: [{ description: name, quantity: 3, unit_amount: "1500" }] });
    state.ids.subscriber ??= customer;
    Object.assign(state.ids, { customer, invoice: invoice.id });
  }
  // One is issued, credited in part, and its customer has credit.
  const issued = await post("/billing/v1/invoices", { customer: state.ids.customer, currency: "EUR", memo: ATTACKS[1], lines: [{ description: ATTACKS[0], unit_amount: "12000" }, { description: "Support", quantity: 2, unit_amount: "2500" }] });
  await post(`/billing/v1/invoices/${issued.id as string}/finalize`, {});
  const note = await post("/billing/v1/credit-notes", { invoice: issued.id, lines: [{ line: 1, net: 1000 }], reason: ATTACKS[0] });
  await post(`/billing/v1/customers/${state.ids.customer}/wallet-grants`, { amount: 700, currency: "EUR" });
  const check = await post("/risk/v1/checks", { customer: state.ids.customer, amount: 900, currency: "EUR" });
  const [journal] = (await call(state, "GET", `/ledger/v1/journal?source=${issued.id as string}`, undefined, olga)).data as Json[];
  Object.assign(state.ids, { issued: issued.id, note: note.id, check: check.id, journal: journal?.id });
  const product = (await post("/billing/v1/products", { name: ATTACKS[0], description: ATTACKS[1] })).id as string;
  const monthly = { product, currency: "EUR", kind: "recurring", interval: "month" };
  const flat = await post("/billing/v1/prices", { ...monthly, billing_scheme: "flat", unit_amount: "4200" });
  const tiers = await post("/billing/v1/prices", { ...monthly, billing_scheme: "graduated", tiers: [{ up_to: "5", unit_amount: "200" }, { unit_amount: "100" }] });
  // It has been billed once, and changed within its period.
  const subscription = await post("/billing/v1/subscriptions", { customer: state.ids.subscriber, items: [{ price: flat.id }, { price: tiers.id, quantity: "8" }], starts_at: new Date(Date.now() - 10 * 86_400_000).toISOString(), time_zone: "Europe/Berlin", metadata: { note: ATTACKS[0] } });
  await post(`/billing/v1/subscriptions/${subscription.id as string}/bill`, {});
  const [, seats] = subscription.items as Json[];
  await call(state, "PATCH", `/billing/v1/subscriptions/${subscription.id as string}`, { items: [{ id: seats?.id, quantity: "12" }] }, olga);
  Object.assign(state.ids, { subscription: subscription.id, tiers: tiers.id });
  const list = (await post("/risk/v1/lists", { name: ATTACKS[0], kind: "allow" })).id as string;
  await post(`/risk/v1/lists/${list}/items`, { customer: state.ids.customer, note: ATTACKS[1] });
  Object.assign(state.ids, { product, list });
  const reserved = await post("/payments/v1/payments", { amount: 4200, currency: "EUR", customer: state.ids.customer, payment_method: (await call(state, "GET", `/vault/v1/payment-methods?customer=${state.ids.customer}`, undefined, olga).then((l) => (l.data as Json[])[0])).id, capture: false });
  state.ids.reserved = reserved.id as string;
  const asked = await post("/privacy/v1/requests", { customer: state.ids.customer, type: "access", reference: ATTACKS[1] });
  Object.assign(state.ids, { request: asked.id, archiveKey: asked.archive_key });
  await post("/privacy/v1/breaches", { summary: ATTACKS[0], affected: 3 });
  state.ids.user = ((await call(state, "GET", "/identity/v1/me", undefined, olga)).id as string) ?? "";
  // The first entry is under the checkpoint that was signed when the tenant was made.
  const oldest = async (cursor = ""): Promise<string> => {
    const page = await call(state, "GET", `/audit/v1/entries?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, undefined, olga);
    const last = (page.data as Json[]).at(-1)?.id as string;
    return page.next_cursor ? oldest(page.next_cursor as string).catch(() => last) : last;
  };
  state.ids.entry = await oldest();
}

export default async function platform(): Promise<() => void> {
  const command = process.env.LEDGERKEEP;
  if (!command) throw new Error("LEDGERKEEP names no command");
  const folder = mkdtempSync(join(tmpdir(), "ledgerkeep-portal-"));
  const [data, log] = [join(folder, "data"), openSync(join(folder, "log"), "w")];
  const env = { ...process.env, LEDGERKEEP_PARENT: String(process.pid) };
  const process_: ChildProcess = spawn(command, ["serve", "--port", "0", "--data-dir", data, "--root", ROOT], { stdio: ["ignore", log, log], env });
  const stop = (): void => {
    process_.kill("SIGTERM");
    rmSync(STATE, { force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let tries = 0; !existsSync(join(data, "platform.json")); tries++) {
      if (tries > 600 || process_.exitCode !== null) throw new Error(`the platform did not start: ${readFileSync(join(folder, "log"), "utf8")}`);
      await wait(100);
    }
    const told = JSON.parse(readFileSync(join(data, "platform.json"), "utf8")) as { address: string; ca: string };
    const first = JSON.parse(readFileSync(join(data, "first-sign-in.json"), "utf8")) as { tenant: string; administrators: Person[] };
    const [ada, grace] = first.administrators.map(({ email, password }) => ({ email, password })) as [Person, Person];
    const state: State = { ...told, data, tenant: first.tenant, ada, grace, olga: ada, people: {}, ids: {} };
    await fill(state, command);
    writeFileSync(STATE, JSON.stringify(state), { mode: 0o600 });
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}
