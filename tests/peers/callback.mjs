// A receiver of call-backs that node-soap builds from their contract: callback.mjs MODULES ADDRESS CA CERT KEY. It prints its port, reads the
// webhook's username and password as a line of JSON, and prints the first event whose sender has shown them.
import { createHash, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import https from "node:https";

const [modules, address, ca, cert, key] = process.argv.slice(2);
const soap = createRequire(`${modules}/`)("soap");

const wsdl = await new Promise((resolve, reject) => {
  https.get(`${address}/notifications/v1/callback?wsdl`, { ca: readFileSync(ca) }, (answer) => {
    let text = "";
    answer.on("data", (part) => (text += part));
    answer.on("end", () => resolve(text));
  }).on("error", reject);
});

let known;
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => (known = JSON.parse(line)));

/** Whether the token of an envelope is of whom we know (UsernameToken Profile 1.1.1, section 3.1), and of now. */
function isKnown(security) {
  const token = security?.UsernameToken;
  if (!known || token?.Username !== known.username) return false;
  const nonce = Buffer.from(token.Nonce.$value ?? token.Nonce, "base64");
  const digest = createHash("sha1").update(nonce).update(token.Created).update(known.password).digest();
  const given = Buffer.from(token.Password.$value, "base64");
  const recent = Math.abs(Date.now() - Date.parse(token.Created)) < 300_000;
  return recent && given.length === digest.length && timingSafeEqual(given, digest);
}

const service = {
  Callback: {
    Callback: {
      notify(event) {
        process.stdout.write(JSON.stringify(event) + "\n");
        return {};
      },
    },
  },
};
const server = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, answer) => answer.writeHead(404).end());
server.listen(0, "127.0.0.1", () => {
  const listening = soap.listen(server, "/notify", service, wsdl);
  listening.authenticate = isKnown;
  process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n");
});
