// node-soap does the main job: soap.mjs MODULES ADDRESS CA CLIENT_ID SECRET. The last line says how it went.
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";

const [modules, address, ca, id, secret] = process.argv.slice(2);
const soap = createRequire(`${modules}/`)("soap");
const trusted = readFileSync(ca);

/** What node-soap asks HTTP of: each call with the platform's authority, and nothing else trusted. */
const http = new soap.HttpClient();
const request = http.request.bind(http);
http.request = (url, data, callback, headers, options) =>
  request(url, data, callback, headers, { ...options, httpsAgent: new https.Agent({ ca: trusted }) });

const client = await soap.createClientAsync(`${address}/soap/v1?wsdl`, { httpClient: http });
client.setEndpoint(`${address}/soap/v1`);
client.setSecurity(new soap.WSSecurity(id, secret, { passwordType: "PasswordDigest", hasTimeStamp: false }));

async function call(operation, input) {
  client.clearSoapHeaders();
  client.addSoapHeader(`<l:idempotencyKey xmlns:l="urn:ledgerkeep:soap:v1">${randomBytes(16).toString("hex")}</l:idempotencyKey>`);
  const [answer] = await client[`${operation}Async`](input);
  return answer.result;
}

function must(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

const customer = await call("createCustomer", { email: "ada@example.com", name: "Ada & Co" });
must(customer.name === "Ada & Co", "a customer");
const card = await call("tokenizePaymentMethod", { customer: customer.id, number: "4242424242424242", exp_month: 12, exp_year: 2034 });
const payment = await call("initiatePayment", { customer: customer.id, payment_method: card.id, amount: 4200, currency: "EUR", capture: false });
must(payment.status === "authorized", "a payment");
must(Number((await call("capturePayment", { id: payment.id })).captured) === 4200, "captured");
must(Number((await call("refundPayment", { id: payment.id })).amount) === 4200, "given back");
const invoice = await call("createInvoice", {
  customer: customer.id,
  currency: "EUR",
  lines: { item: [{ description: "Advice", unit_amount: "4250", quantity: 2 }] },
});
must(Number(invoice.total) === 8500, "an invoice");
try {
  await call("getPayment", { id: "pay_01JD3X8M9V5T2Q4R6S8W0Y1Z2A" });
  must(false, "a payment of nobody was found");
} catch (refused) {
  must(String(refused.message).includes("There is no such object"), `a fault: ${refused.message}`);
}
console.log("node-soap did the main job");
