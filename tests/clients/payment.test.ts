// A payment with a client that openapi-typescript and openapi-fetch make of the platform's document. Run with node's test runner;
// LEDGERKEEP_ADDRESS says where the platform is, LEDGERKEEP_FIRST is its first-sign-in.json, and its authority is in NODE_EXTRA_CA_CERTS.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { Currency, Payment, Problem, paths } from "./ledgerkeep.ts";

type FirstSignIn = { tenant: string; administrators: { email: string; password: string }[] };

function setting(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

const baseUrl = setting("LEDGERKEEP_ADDRESS");
const first = JSON.parse(readFileSync(setting("LEDGERKEEP_FIRST"), "utf8")) as FirstSignIn;

function clientWith(token?: string) {
  return createClient<paths>({ baseUrl, headers: token ? { authorization: `Bearer ${token}` } : {} });
}

/** What a call answered, where it answered what was asked for. */
function right<T>(status: number, answer: { data?: T; error?: unknown; response: Response }): T {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error));
  assert(answer.data !== undefined);
  return answer.data;
}

const once = () => ({ header: { "Idempotency-Key": randomUUID() } });

/** An administrator who has signed in. */
async function administrator(number: number) {
  const person = first.administrators[number];
  assert(person);
  const body = { tenant: first.tenant, email: person.email, password: person.password };
  const session = right(201, await clientWith().POST("/identity/v1/sessions", { body }));
  assert(session.access_token);
  return clientWith(session.access_token);
}

/** A token of an API client that takes payments: the first administrator asks for it, the second one approves. */
async function integration(): Promise<string> {
  const [one, other] = [await administrator(0), await administrator(1)];
  const body = { name: "TypeScript", roles: ["integration"] };
  const asked = right(202, await one.POST("/tenancy/v1/api-clients", { params: once(), body }));
  assert("approval" in asked);
  const id = asked.approval;
  right(200, await other.POST("/identity/v1/approvals/{id}", { params: { path: { id }, ...once() }, body: { decision: "approve" } }));
  const approved = { header: { "Approval-Id": id, ...once().header } };
  const made = right(201, await one.POST("/tenancy/v1/api-clients", { params: approved, body }));
  assert("client_secret" in made);
  const token = right(200, await clientWith().POST("/identity/v1/oauth/token", {
    body: { grant_type: "client_credentials", client_id: made.client_id, client_secret: made.client_secret },
    headers: { "content-type": "application/x-www-form-urlencoded" },
  }));
  return token.access_token;
}

const euro: Currency = "EUR";
const client = clientWith(await integration());
const customer = right(201, await client.POST("/billing/v1/customers", {
  params: once(),
  body: { name: "Ada Lovelace", email: "ada@example.com" },
}));

async function card(number: string): Promise<string> {
  const made = right(201, await client.POST("/vault/v1/payment-methods", {
    params: once(),
    body: { customer: customer.id, number, exp_month: 12, exp_year: 2034 },
  }));
  return made.id;
}

test("a payment is captured, and reads and lists show the same", async () => {
  const body = { customer: customer.id, payment_method: await card("4242424242424242"), amount: 4200, currency: euro };
  const params = once();
  const made: Payment = right(201, await client.POST("/payments/v1/payments", { params, body }));
  assert.deepEqual([made.status, made.amount, made.captured, made.currency], ["captured", 4200, 4200, "EUR"]);
  assert.deepEqual([made.customer, made.card.brand, made.card.last4], [customer.id, "visa", "4242"]);

  const read: Payment = right(200, await client.GET("/payments/v1/payments/{id}", { params: { path: { id: made.id } } }));
  assert.deepEqual(read, made);
  const again: Payment = right(201, await client.POST("/payments/v1/payments", { params, body }));
  assert.deepEqual(again, made, "the same key gives the same payment");
  const filter = { params: { query: { customer: customer.id } } };
  const listed: Payment[] = right(200, await client.GET("/payments/v1/payments", filter)).data;
  assert.deepEqual(listed.map((payment) => payment.id), [made.id], "and there is one");
});

test("a declined payment is an answer with its status", async () => {
  const body = { customer: customer.id, payment_method: await card("4000000200000000"), amount: 4200, currency: euro };
  const made: Payment = right(201, await client.POST("/payments/v1/payments", { params: once(), body }));
  assert.deepEqual([made.status, made.captured], ["declined", 0]);
});

test("wrong calls answer a problem with its type", async () => {
  const missing = { params: { path: { id: "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A" } } };
  const unknown = await client.GET("/payments/v1/payments/{id}", missing);
  assert(unknown.error);
  const problem: Problem = unknown.error;
  assert.equal(unknown.response.status, 404);
  assert.deepEqual([problem.status, problem.type], [404, `urn:ledgerkeep:problem:${problem.code}`]);

  const body = { customer: customer.id, payment_method: "pm_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", amount: -1, currency: euro };
  const refused = await client.POST("/payments/v1/payments", { params: once(), body });
  assert(refused.error);
  const invalid: Problem = refused.error;
  assert.equal(invalid.status, 422);
  assert.deepEqual(invalid.errors?.map((error) => error.pointer), ["/amount"]);

  const nobody = await clientWith("wrong").GET("/payments/v1/payments");
  assert(nobody.error);
  assert.equal(nobody.error.status, 401);
});

// What does not compile: each of these lines would be an error without the one above it, and is one itself where it compiles.
export async function refusedByTheCompiler() {
  const body = { customer: customer.id, payment_method: "pm", amount: 1, currency: euro };
  // @ts-expect-error a payment needs an idempotency key
  await client.POST("/payments/v1/payments", { body });
  // @ts-expect-error there is no such currency
  await client.POST("/payments/v1/payments", { params: once(), body: { ...body, currency: "EURO" } });
  // @ts-expect-error an amount is a number
  await client.POST("/payments/v1/payments", { params: once(), body: { ...body, amount: "4200" } });
  // @ts-expect-error there is no such path
  await client.GET("/payments/v1/payment");
}
