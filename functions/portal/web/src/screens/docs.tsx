// The reference of the API: every operation of the merged contract, with its fields, refusals and examples; reads can be tried.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { Link, useSearchParams } from "wouter";
import { useMay } from "../client";
import { textOf } from "../form";
import { number } from "../format";
import { t } from "../i18n";
import { asked } from "../api";
import { bounds, kind, named, type Operation, type Reference, reference, type Schema } from "../reference";
import { Button, Card, Empty, Facts, Failed, Field, Head, Json, Waiting } from "../ui";

export default function Docs({ id }: { id?: string }) {
  const read = useQuery({ queryKey: ["reference"], queryFn: reference, staleTime: Number.POSITIVE_INFINITY });
  if (read.isPending) return <Waiting />;
  if (read.isError) return <Failed error={read.error} retry={() => void read.refetch()} />;
  const operation = read.data.operations.find((o) => o.id === id);
  if (id && !operation) return <Empty title={t("lost.title")} text={t("docs.none", { id })} />;
  return operation ? <One key={operation.id} of={operation} all={read.data} /> : <All all={read.data} />;
}

function All({ all }: { all: Reference }) {
  const [search, change] = useSearchParams();
  const wanted = search.get("q") ?? "";
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.operations.filter((o) => {
    const text = `${o.id} ${o.method} ${o.path} ${o.summary} ${o.service} ${o.noun} ${o.right} ${o.refusals.map((r) => r.code).join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const groups = Map.groupBy(found, (o) => o.service);
  return (
    <>
      <Head title={t("nav.docs")} about={t("docs.about", { version: all.version })}>
        <a className="button" href="/openapi.json" download="ledgerkeep.openapi.json">
          {t("docs.download")}
        </a>
      </Head>
      <search>
        <Field
          name="q"
          label={t("docs.find")}
          hint={t("docs.findHint")}
          value={wanted}
          onChange={(text) =>
            change(
              (old) => {
                const next = new URLSearchParams(old);
                if (text) next.set("q", text);
                else next.delete("q");
                return next;
              },
              { replace: true },
            )
          }
        />
        <p className="hint" role="status">
          {t("docs.count", { count: number(found.length), all: number(all.operations.length) })}
        </p>
      </search>
      {found.length === 0 && <Empty title={t("list.nothing")} text={t("docs.nothing")} />}
      {[...groups].map(([service, operations]) => (
        <Card key={service} title={service}>
          <ul className="operations">
            {operations.map((o) => (
              <li key={o.id}>
                <Method of={o.method} />
                <Link href={`/portal/docs/${o.id}`}>
                  <code>{o.path}</code>
                </Link>
                <span className="hint">{o.summary}</span>
              </li>
            ))}
          </ul>
        </Card>
      ))}
    </>
  );
}

const Method = ({ of }: { of: string }) => <span className={`method ${of.toLowerCase()}`}>{of}</span>;

function One({ of: o, all }: { of: Operation; all: Reference }) {
  const may = useMay();
  const right = /^[a-z_]+\.[a-z_]+$/.test(o.right) ? o.right : undefined;
  return (
    <>
      <Head
        title={o.summary}
        about={
          <>
            <Method of={o.method} /> <code>{o.path}</code>
          </>
        }
      >
        <Link className="button" href="/portal/docs">
          {t("docs.all")}
        </Link>
      </Head>
      {o.description && <p>{o.description}</p>}
      <Card title={t("docs.rules")}>
        <Facts
          items={[
            [t("approvals.right"), right ? `${right}: ${t(may(right) ? "docs.youMay" : "docs.youMayNot")}` : t(o.right === "public" ? "docs.public" : "docs.session")],
            [t("docs.fourEyes"), t(o.fourEyes ? "yes" : "no")],
            [t("docs.stepUp"), t(o.stepUp ? "yes" : "no")],
            [t("docs.service"), `${o.service} / ${o.noun}`],
          ]}
        />
      </Card>
      {o.parameters.length > 0 && (
        <Card title={t("docs.parameters")}>
          <div className="scroll">
            <table>
              <caption className="unseen">{t("docs.parameters")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("field.name")}</th>
                  <th scope="col">{t("docs.where")}</th>
                  <th scope="col">{t("docs.kind")}</th>
                  <th scope="col">{t("field.description")}</th>
                </tr>
              </thead>
              <tbody>
                {o.parameters.map((p) => (
                  <tr key={`${p.in} ${p.name}`}>
                    <td data-label={t("field.name")}>
                      <code>{p.name}</code> {p.required && <span className="hint">{t("docs.required")}</span>}
                    </td>
                    <td data-label={t("docs.where")}>{p.in}</td>
                    <td data-label={t("docs.kind")}>{kind(p.schema, all.schemas)}</td>
                    <td data-label={t("field.description")}>{p.description ?? "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      {o.body && (
        <Card title={`${t("docs.body")} (${o.body.media}${o.body.required ? `, ${t("docs.required")}` : ""})`}>
          <Fields schema={o.body.schema} schemas={all.schemas} />
          {o.body.example !== undefined && <Json name={t("docs.example")} value={o.body.example} />}
        </Card>
      )}
      {o.answers.map((answer) => (
        <Card key={answer.status} title={`${answer.status} ${answer.about}`}>
          {answer.content ? <Fields schema={answer.content.schema} schemas={all.schemas} /> : <p className="hint">{t("docs.noBody")}</p>}
          {answer.content?.example !== undefined && <Json name={t("docs.example")} value={answer.content.example} />}
        </Card>
      ))}
      {o.method === "GET" && <Try of={o} />}
      <Card title={t("docs.refusals")}>
        <div className="scroll">
          <table>
            <caption className="unseen">{t("docs.refusals")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("field.status")}</th>
                <th scope="col">{t("docs.code")}</th>
                <th scope="col">{t("docs.means")}</th>
              </tr>
            </thead>
            <tbody>
              {o.refusals.map((r) => (
                <tr key={`${r.status} ${r.code} ${r.about}`}>
                  <td data-label={t("field.status")}>{r.status}</td>
                  <td data-label={t("docs.code")}>
                    <code>{r.code || "–"}</code>
                  </td>
                  <td data-label={t("docs.means")}>{r.about}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

/** Names and kinds of an object's fields; what is an object itself opens. */
function Fields({ schema, schemas, depth = 0 }: { schema: Schema | undefined; schemas: Record<string, Schema>; depth?: number }) {
  const meant = named(schema) ? schemas[named(schema) ?? ""] : schema;
  if (!meant || depth > 5) return null;
  const several = meant.anyOf ?? meant.oneOf;
  if (!meant.properties)
    return several ? (
      <ul className="plain">
        {several.map((one, place) => (
          <li key={`${place}`}>
            <code>{kind(one, schemas)}</code>
            <Fields schema={one} schemas={schemas} depth={depth + 1} />
          </li>
        ))}
      </ul>
    ) : meant.items ? (
      <Fields schema={meant.items} schemas={schemas} depth={depth + 1} />
    ) : null;
  return (
    <ul className="schema">
      {Object.entries(meant.properties).map(([name, field]) => {
        const inner = named(field) ?? named(field.items) ?? named(field.anyOf?.find((one) => one.$ref)) ?? named(field.items?.anyOf?.find((one) => one.$ref));
        const deeper = inner ? schemas[inner] : undefined;
        const opens = deeper?.properties ?? deeper?.anyOf ?? deeper?.oneOf;
        const limits = bounds(deeper && !opens ? { ...deeper, ...field } : field);
        return (
          <li key={name}>
            <div>
              <code>{name}</code> <span className="kind">{kind(field, schemas)}</span> {meant.required?.includes(name) && <span className="needed">{t("docs.required")}</span>} {limits && <span className="hint">{limits}</span>}
            </div>
            {field.description && <p className="hint">{field.description}</p>}
            {opens && (
              <details>
                <summary>{inner}</summary>
                <Fields schema={deeper} schemas={schemas} depth={depth + 1} />
              </details>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** A read, made as whoever is signed in: with their rights, and in the audit log. */
function Try({ of: o }: { of: Operation }) {
  const [told, tell] = useState<{ status: number; body: unknown; millis: number }>();
  const [error, fail] = useState<unknown>();
  const [busy, work] = useState(false);
  const fields = o.parameters.filter((p) => p.in === "path" || p.in === "query");
  const go = async (data: FormData): Promise<void> => {
    const query = new URLSearchParams();
    let path = o.path;
    for (const p of fields) {
      const value = textOf(data, p.name);
      if (p.in === "path") path = path.replace(`{${p.name}}`, encodeURIComponent(value));
      else if (value) query.set(p.name, value);
    }
    const began = performance.now();
    const answer = await asked(`${path}${query.size > 0 ? `?${query}` : ""}`);
    const text = await answer.text();
    let body: unknown = text;
    try {
      body = JSON.parse(text);
    } catch {
      // It is shown as the text that it is.
    }
    tell({ status: answer.status, body, millis: Math.round(performance.now() - began) });
  };
  return (
    <Card title={t("docs.try")}>
      <p className="hint">{t("docs.tryAbout")}</p>
      <Form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          fail(undefined);
          work(true);
          go(data)
            .catch(fail)
            .finally(() => work(false));
        }}
      >
        <div className="cards two">
          {fields.map((p) => (
            <Field key={`${p.in} ${p.name}`} name={p.name} label={p.name} required={p.in === "path"} mono />
          ))}
        </div>
        <div className="row">
          <Button type="submit" kind="primary" isPending={busy}>
            {t("docs.send")}
          </Button>
        </div>
      </Form>
      {error !== undefined && <Failed error={error} />}
      {told && (
        <div role="status">
          <p>
            <strong>{told.status}</strong> <span className="hint">{number(told.millis)} ms</span>
          </p>
          <Json name={t("docs.answer")} value={told.body} />
        </div>
      )}
    </Card>
  );
}
