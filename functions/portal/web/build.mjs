// build.mjs <contract> <folder>: types from the contract, the bundle, each file also compressed, the page that begins it all, and the
// inventory of what it runs.
// What is made is the same for the same sources: names are hashes of contents, and nothing says when it was made.

import { build } from "esbuild";
import openapi, { astToString } from "openapi-typescript";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [contract, folder, only] = process.argv.slice(2);
if (only === "types") {
  const types = await openapi(pathToFileURL(contract), { defaultNonNullable: false });
  await writeFile(join(here, "src", "contract.d.ts"), astToString(types));
  process.exit(0);
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const hash = (algorithm, bytes, as = "base64") => createHash(algorithm).update(bytes).digest(as);
// Named after what decides what it holds, so that the page can name it.
const licences = `assets/licences-${hash("sha256", await readFile(join(here, "package-lock.json")), "hex").slice(0, 8)}.txt`;
/** What conditions of risk can ask for, as it is declared: attributes with what they hold, and functions with what they take. */
const declared = async (path, pattern) => [...(await readFile(join(here, "../../..", path), "utf8").catch(() => "")).matchAll(pattern)];
const vocabulary = {
  attributes: (await declared("functions/risk/src/attributes.rs", /\(\s*"([a-z_.]+)",\s*Kind::(\w+),\s*(true|false)/g)).map(([, name, kind, missing]) => [name, kind.toLowerCase(), missing === "true"]),
  functions: (await declared("shared/rules/src/tree.rs", /\/\/\/ `([a-z_]+)\(([^)`]*)\)`/g)).map(([, name, takes]) => [name, takes]),
};
if (vocabulary.attributes.length === 0 || vocabulary.functions.length === 0) console.error("portal: conditions complete nothing, as what they can ask for was not found where it is declared");
const made = await build({
  absWorkingDir: here,
  entryPoints: { portal: "src/main.tsx" },
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["es2022"],
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"', LICENCES: JSON.stringify(`/portal/${licences}`), VOCABULARY: JSON.stringify(vocabulary) },
  outdir: folder,
  entryNames: "assets/[name]-[hash]",
  chunkNames: "assets/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const outputs = Object.entries(made.metafile.outputs).map(([path, output]) => ({ path: relative(folder, join(here, path)), output }));
const entry = outputs.find(({ output }) => output.entryPoint === "src/main.tsx");
const style = relative(folder, join(here, entry.output.cssBundle));
const integrity = {};
for (const { path } of outputs.filter(({ path }) => path.endsWith(".js")).sort((a, b) => (a.path < b.path ? -1 : 1)))
  integrity[`/portal/${path}`] = `sha384-${hash("sha384", await readFile(join(folder, path)))}`;
const map = JSON.stringify({ integrity });
const sri = async (path) => `sha384-${hash("sha384", await readFile(join(folder, path)))}`;
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Ledgerkeep</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/portal/${style}" integrity="${await sri(style)}">
<script type="importmap">${map}</script>
<script type="module" src="/portal/${entry.path}" integrity="${await sri(entry.path)}"></script>
</head>
<body><div id="portal"></div><noscript>The portal needs JavaScript.</noscript></body>
</html>
`;
await writeFile(join(folder, "index.html"), page);

// Whose work is in it, and under which terms.
const packages = new Set(Object.keys(made.metafile.inputs).flatMap((path) => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
const terms = [];
for (const path of [...packages].sort()) {
  const folder = join(here, path);
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  terms.push(`${name} ${version} (${license})\n\n${file ? (await readFile(join(folder, file), "utf8")).trim() : ""}\n`);
}
await writeFile(join(folder, licences), terms.join(`\n${"-".repeat(70)}\n\n`));

// Each script, why it is there and whose it is (PCI DSS 6.4.3).
const reasonOf = async ({ entryPoint, inputs }) => {
  if (entryPoint) {
    const said = (await readFile(join(here, entryPoint), "utf8")).match(/^(?:\/\/ .*\n)+/)?.[0];
    return said ? said.replace(/^\/\/ /gm, "").replaceAll("\n", " ").trim() : `The screen ${entryPoint.replace(/^src\/screens\/|\.tsx$/g, "")}.`;
  }
  const from = Object.keys(inputs).map((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? "the portal's own");
  return `What several screens share: ${[...new Set(from)].sort().join(", ") || "the runtime of modules"}.`;
};
const scripts = [];
for (const { path, output } of outputs)
  if (path.endsWith(".js"))
    scripts.push({ path: `/portal/${path}`, integrity: integrity[`/portal/${path}`], reason: await reasonOf(output), owner: "Ledgerkeep's developers: functions/portal/web" });
scripts.sort((a, b) => (a.path < b.path ? -1 : 1));
await writeFile(join(folder, "inventory.json"), `${JSON.stringify({ scripts }, null, 1)}\n`);

const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
const sizes = {};
for (const name of ["index.html", ...(await readdir(join(folder, "assets"))).map((name) => `assets/${name}`)]) {
  const bytes = await readFile(join(folder, name));
  const zipped = gzipSync(bytes, { level: 9 });
  sizes[name] = zipped.length;
  await writeFile(join(folder, `${name}.gz`), zipped);
  await writeFile(join(folder, `${name}.br`), brotliCompressSync(bytes, brotli));
}

// What a screen loads: its own chunk, and everything that this and the entry import at once.
const byPath = new Map(outputs.map(({ path, output }) => [path, output]));
const needs = (path, seen = new Set()) => {
  if (!seen.has(path)) {
    seen.add(path);
    for (const { path: next, kind } of byPath.get(path).imports) if (kind === "import-statement") needs(relative(folder, join(here, next)), seen);
  }
  return seen;
};
// What may be told before a sign-in is in the first bundle.
const told = new Set(Object.keys((await import(pathToFileURL(join(here, "src/messages/en.front.ts")))).default));
for (const path of needs(entry.path))
  for (const source of Object.keys(byPath.get(path).inputs).filter((name) => name.startsWith("src/") && !name.startsWith("src/messages/")))
    for (const [, key] of (await readFile(join(here, source), "utf8")).matchAll(/\bt\("([\w.]+)"/g))
      if (!told.has(key)) throw new Error(`${source} tells ${key}, which is not in messages/en.front.ts`);
const sum = (paths) => [...paths].reduce((all, path) => all + sizes[path], 0);
const first = needs(entry.path).add(style);
// Behind the sign-in there are words for it, too.
const words = outputs.find(({ output }) => output.entryPoint === "src/messages/en.ts").path;
const front = (name) => name === "main.tsx" || name.endsWith(".front.ts");
const screens = Object.fromEntries(
  outputs
    .filter(({ output }) => output.entryPoint)
    .map(({ path, output }) => [output.entryPoint.replace(/^src\//, ""), path])
    .map(([name, path]) => [name, sum(new Set([...first, ...needs(path), ...(front(name) ? [] : [words])]))])
    .sort(),
);
const manifest = {
  import_map: `sha256-${hash("sha256", map)}`,
  scripts: integrity,
  gzip: screens,
};
await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
console.log(Object.entries(screens).map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)} kB`).join(", "));
const largest = Math.max(...Object.values(screens));
const signIn = Math.max(...Object.keys(screens).filter(front).map((name) => screens[name]));
if (signIn > 110_000 || largest > 250_000) {
  console.error(`over budget, with gzip: sign-in ${signIn} of 110000, the largest screen ${largest} of 250000 bytes`);
  process.exit(1);
}
