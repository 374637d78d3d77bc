// The one way in which things are listed: filters, columns and order stand in the address, pages are fetched as one goes down, rows that
// are far from the window are not drawn, several can be dealt with at once, and what a filter finds can be taken along as CSV.

import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, memo, type ReactNode, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Form } from "react-aria-components/Form";
import { useSearchParams } from "wouter";
import { Link } from "wouter";
import type { Bulk, BulkProps } from "./bulk";
import { useMay } from "./client";
import { dayBound, number } from "./format";
import { counted, type Key, label as shownOption, t } from "./i18n";
import { announce, Button, Choice, Empty, Failed, Field, Head, Waiting } from "./ui";
import { ViewMenu } from "./view-menu";

export interface Page<Row> {
  data: Row[];
  next_cursor?: string | null;
}

export interface Column<Row> {
  id: string;
  label: Key;
  /** As in the CSV. */
  text: (row: Row) => string;
  cell?: (row: Row) => ReactNode;
  sort?: (row: Row) => number | string;
  numeric?: boolean;
  /** Shown only when asked for. */
  extra?: boolean;
}

export interface Filter {
  name: string;
  label: Key;
  kind: "text" | "day" | "choice";
  /** A day's end instead of its beginning. */
  end?: boolean;
  options?: readonly string[];
  mono?: boolean;
}

export interface List<Row> {
  /** What it is kept under, once read. */
  id: string;
  title: Key;
  about?: Key;
  load: (query: Record<string, string>) => Promise<Page<Row>>;
  key: (row: Row) => string;
  href?: (row: Row) => string;
  columns: readonly Column<Row>[];
  filters?: readonly Filter[];
  emptyTitle: Key;
  emptyText: Key;
  /** Of each row, at its end. */
  row?: (row: Row) => ReactNode;
  /** What can be done to several at once. */
  bulk?: readonly Bulk<Row>[];
}

/** Fetched when something is selected; it knows any list's rows. */
const BulkBar = lazy(() => import("./bulk")) as unknown as <Row>(props: BulkProps<Row>) => ReactNode;
/** Rows that are drawn or left out together. */
const BLOCK = 50;
/** How high a row is that has never been drawn, in pixels. */
const ROW = 37;

/** Rows that one CSV holds at most. */
const CSV_ROWS = 10_000;
const PAGE = "50";
/** What of the address arranges rows, beside filters. */
const ARRANGED = ["columns", "sort"];

/** A cell that a spreadsheet takes for text, whatever it begins with. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function ListScreen<Row>({ list, actions, above }: { list: List<Row>; actions?: ReactNode; above?: ReactNode }) {
  return (
    <>
      <Head title={t(list.title)} about={list.about && t(list.about)}>
        {actions}
      </Head>
      {above}
      <Rows list={list} />
    </>
  );
}

export function Rows<Row>({ list, fixed = {}, compact, brief }: { list: List<Row>; fixed?: Record<string, string>; compact?: boolean; brief?: boolean }) {
  const [search, change] = useSearchParams();
  const filters = (list.filters ?? []).filter((f) => !(f.name in fixed));
  const asked: Record<string, string> = {};
  if (!compact)
    for (const { name } of filters) {
      const value = search.get(name);
      if (value) asked[name] = value;
    }
  const query: Record<string, string> = { limit: compact ? "10" : PAGE, ...fixed };
  for (const filter of filters) {
    const value = asked[filter.name];
    if (value) query[filter.name] = filter.kind === "day" ? dayBound(value, filter.end === true) : value;
  }
  const pages = useInfiniteQuery({
    queryKey: [list.id, query],
    queryFn: ({ pageParam }) => list.load(pageParam ? { ...query, cursor: pageParam } : query),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  // A page may be short or empty and yet have one behind it.
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.data) ?? [], [pages.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  useEffect(() => {
    if (rows.length === 0 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const arranged = { ...asked };
  for (const name of ARRANGED) {
    const value = search.get(name);
    if (value) arranged[name] = value;
  }
  const columns = search.get("columns")?.split(",");
  const shown = compact || !columns ? "" : columns.join();
  const chosen = useMemo(() => list.columns.filter((c) => (shown ? shown.split(",").includes(c.id) : !c.extra)), [list, shown]);
  const order = compact ? null : search.get("sort");
  const by = list.columns.find((c) => c.id === order?.replace(/^-/, ""));
  const sort = by?.sort;
  const sign = order?.startsWith("-") ? -1 : 1;
  const blocks = useMemo(() => {
    const sorted = sort ? [...rows].sort((a, b) => compare(sort(a), sort(b)) * sign) : rows;
    return Array.from({ length: Math.ceil(sorted.length / BLOCK) }, (_, n) => sorted.slice(n * BLOCK, (n + 1) * BLOCK));
  }, [rows, sort, sign]);
  const may = useMay();
  const bulk = compact ? [] : (list.bulk ?? []).filter((one) => may(one.right));
  const [selected, select] = useState<ReadonlySet<string>>(new Set());
  const picked = useMemo(() => rows.filter((row) => selected.has(list.key(row))), [rows, selected, list]);
  const toggle = useCallback(
    (keys: readonly string[], on: boolean) =>
      select((old) => {
        const next = new Set(old);
        for (const key of keys) {
          if (on) next.add(key);
          else next.delete(key);
        }
        return next;
      }),
    [],
  );
  const selects = bulk.length > 0;
  const set = (values: Record<string, string | undefined>): void =>
    change(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(values)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );

  return (
    <div className="list">
      {!compact && (
        <div className="tools">
          {filters.length > 0 && <Filters filters={filters} asked={asked} apply={set} />}
          <div className="row">
            {filters.length > 0 && (
              <ViewMenu
                list={list.id}
                filters={filters}
                asked={arranged}
                apply={(query) => set(Object.fromEntries([...filters.map((f) => f.name), ...ARRANGED].map((name) => [name, query[name]])))}
              />
            )}
            <Columns list={list} chosen={chosen} set={set} />
            <Csv list={list} columns={chosen} query={query} />
          </div>
        </div>
      )}
      {pages.isPending ? (
        <Waiting />
      ) : pages.isError ? (
        <Failed error={pages.error} retry={() => void pages.refetch()} />
      ) : rows.length === 0 && !pages.hasNextPage ? (
        Object.keys(asked).length > 0 ? (
          <Empty title={t("list.nothing")} text={t("list.nothingAbout")}>
            <Button onPress={() => set(Object.fromEntries(filters.map((f) => [f.name, undefined])))}>{t("list.clear")}</Button>
          </Empty>
        ) : (
          <Empty title={t(list.emptyTitle)} text={t(list.emptyText)} />
        )
      ) : (
        <>
          <div className="scroll">
            <table>
              <caption className="unseen">{t(list.title)}</caption>
              <thead>
                <tr>
                  {selects && (
                    <th scope="col" className="pick">
                      <input type="checkbox" aria-label={t("list.selectAll")} checked={picked.length > 0 && picked.length === rows.length} onChange={(event) => toggle(rows.map(list.key), event.target.checked)} />
                    </th>
                  )}
                  {chosen.map((column) => (
                    <th key={column.id} scope="col" className={column.numeric ? "numeric" : undefined} aria-sort={by === column ? (order?.startsWith("-") ? "descending" : "ascending") : undefined}>
                      {column.sort && !compact ? (
                        <button type="button" className="sort" onClick={() => set({ sort: order === column.id ? `-${column.id}` : order === `-${column.id}` ? undefined : column.id })}>
                          {t(column.label)}
                          <span aria-hidden="true">{by === column ? (order?.startsWith("-") ? " ↓" : " ↑") : ""}</span>
                        </button>
                      ) : (
                        t(column.label)
                      )}
                    </th>
                  ))}
                  {list.row && (
                    <th scope="col">
                      <span className="unseen">{t("list.actions")}</span>
                    </th>
                  )}
                </tr>
              </thead>
              {blocks.map((block, n) => (
                <Block key={n === 0 ? "first" : list.key(block[0] as Row)} rows={block} list={list} columns={chosen} near={n < 2} selected={selects ? selected : undefined} toggle={toggle} />
              ))}
            </table>
          </div>
          {picked.length > 0 && (
            <Suspense fallback={null}>
              <BulkBar list={list.id} bulk={bulk} rows={picked} name={list.key} clear={() => select(new Set())} />
            </Suspense>
          )}
          {!brief && <div className="row foot">
            <span className="hint">
              {counted("list.rows", rows.length)}
              {pages.hasNextPage ? ` ${t("list.andMore")}` : ""}
              {by && pages.hasNextPage ? ` ${t("list.sortedOf")}` : ""}
            </span>
            {!compact && pages.hasNextPage && !isFetchingNextPage && <Below reached={() => void fetchNextPage()} />}
            {pages.hasNextPage && (
              <Button onPress={() => void pages.fetchNextPage()} isPending={pages.isFetchingNextPage}>
                {t("list.more")}
              </Button>
            )}
          </div>}
        </>
      )}
    </div>
  );
}

/** Says when somebody has scrolled down to here; whoever has not moved asks for nothing. */
function Below({ reached }: { reached: () => void }) {
  const here = useRef<HTMLSpanElement>(null);
  const then = useRef(reached);
  then.current = reached;
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => seen.at(-1)?.isIntersecting && window.scrollY > 0 && then.current(), { rootMargin: "600px" });
    if (here.current) watch.observe(here.current);
    return () => watch.disconnect();
  }, []);
  return <span ref={here} aria-hidden="true" />;
}

interface BlockProps<Row> {
  rows: readonly Row[];
  list: List<Row>;
  columns: readonly Column<Row>[];
  /** Drawn at once. */
  near: boolean;
  selected?: ReadonlySet<string>;
  toggle: (keys: readonly string[], on: boolean) => void;
}

/** Some rows, which are one empty row as high as they while they are far from the window. */
const Block = memo(function Block<Row>({ rows, list, columns, near, selected, toggle }: BlockProps<Row>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [drawn, draw] = useState(near);
  const height = useRef(rows.length * ROW);
  useEffect(() => {
    // The first ones stay, so that whoever begins to read finds everything; so does what has the focus.
    if (near || !body.current) return undefined;
    const watch = new IntersectionObserver(
      (all) => {
        // Several come at once where the page was busy; the last is how it is.
        const seen = all.at(-1);
        if (!seen || (!seen.isIntersecting && body.current?.contains(document.activeElement))) return;
        if (!seen.isIntersecting) height.current = seen.boundingClientRect.height || height.current;
        draw(seen.isIntersecting);
      },
      { rootMargin: "1500px" },
    );
    watch.observe(body.current);
    return () => watch.disconnect();
  }, [near]);
  return (
    <tbody ref={body}>
      {drawn ? (
        rows.map((row) => {
          const key = list.key(row);
          return (
            <tr key={key}>
              {selected && (
                <td className="pick">
                  <input type="checkbox" aria-label={t("list.select", { what: key })} checked={selected.has(key)} onChange={(event) => toggle([key], event.target.checked)} />
                </td>
              )}
              {columns.map((column, place) => {
                const shown = column.cell ? column.cell(row) : column.text(row) || "–";
                const href = place === 0 ? list.href?.(row) : undefined;
                return (
                  <td key={column.id} data-label={t(column.label)} className={column.numeric ? "numeric" : undefined}>
                    {href ? <Link href={href}>{shown}</Link> : shown}
                  </td>
                );
              })}
              {list.row && <td className="acts">{list.row(row)}</td>}
            </tr>
          );
        })
      ) : (
        <tr aria-hidden="true" className="far">
          <td colSpan={columns.length + 2} style={{ height: height.current }} />
        </tr>
      )}
    </tbody>
  );
}) as <Row>(props: BlockProps<Row>) => ReactNode;

function compare(a: number | string | undefined, b: number | string | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""));
}

function Filters({ filters, asked, apply }: { filters: readonly Filter[]; asked: Record<string, string>; apply: (values: Record<string, string | undefined>) => void }) {
  // Made anew when the address says something else.
  const key = JSON.stringify(asked);
  const [open, show] = useState(Object.keys(asked).length > 0);
  const { label } = { label: t("list.filter") };
  return (
    <details className="filters" open={open} onToggle={(event) => show(event.currentTarget.open)}>
      <summary>
        {label}
        {Object.keys(asked).length > 0 && <span className="count"> {number(Object.keys(asked).length)}</span>}
      </summary>
      <search>
        <Form
          key={key}
          className="filter"
          aria-label={label}
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            apply(Object.fromEntries(filters.map((f) => [f.name, String(data.get(f.name) ?? "").trim() || undefined])));
          }}
        >
          {filters.map((f) =>
            f.kind === "choice" ? (
              <Choice key={f.name} name={f.name} label={t(f.label)} initial={asked[f.name] ?? ""} options={[["", t("list.any")], ...(f.options ?? []).map((o) => [o, shownOption(o)] as const)]} />
            ) : (
              <Field key={f.name} name={f.name} label={t(f.label)} type={f.kind === "day" ? "date" : "text"} initial={asked[f.name] ?? ""} mono={f.mono} />
            ),
          )}
          <div className="row">
            <Button kind="primary" type="submit">
              {t("list.apply")}
            </Button>
            <Button kind="quiet" onPress={() => apply(Object.fromEntries(filters.map((f) => [f.name, undefined])))}>
              {t("list.clear")}
            </Button>
          </div>
        </Form>
      </search>
    </details>
  );
}

function Columns<Row>({ list, chosen, set }: { list: List<Row>; chosen: readonly Column<Row>[]; set: (values: Record<string, string | undefined>) => void }) {
  const usual = list.columns.filter((c) => !c.extra).map((c) => c.id);
  return (
    <details className="columns">
      <summary>{t("list.columns")}</summary>
      <fieldset className="choices popup">
        <legend className="unseen">{t("list.columns")}</legend>
        {list.columns.map((column) => (
          <label key={column.id}>
            <input
              type="checkbox"
              checked={chosen.includes(column)}
              onChange={(event) => {
                const next = list.columns.filter((c) => (c === column ? event.target.checked : chosen.includes(c))).map((c) => c.id);
                set({ columns: next.join() === usual.join() || next.length === 0 ? undefined : next.join() });
              }}
            />
            <span>{t(column.label)}</span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}

function Csv<Row>({ list, columns, query }: { list: List<Row>; columns: readonly Column<Row>[]; query: Record<string, string> }) {
  const [count, tell] = useState<number>();
  const [error, fail] = useState<unknown>();
  const fetchAll = async (): Promise<void> => {
    fail(undefined);
    tell(0);
    const lines = [columns.map((c) => csvCell(t(c.label))).join(",")];
    let cursor = "";
    do {
      const page: Page<Row> = await list.load({ ...query, limit: "100", ...(cursor ? { cursor } : {}) });
      for (const row of page.data) lines.push(columns.map((c) => csvCell(c.text(row))).join(","));
      cursor = page.next_cursor ?? "";
      tell(lines.length - 1);
    } while (cursor && lines.length <= CSV_ROWS);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" }));
    link.download = `${list.id}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
    announce(t(cursor ? "csv.cut" : "csv.done", { count: number(lines.length - 1) }));
  };
  return (
    <>
      <Button
        isDisabled={count !== undefined}
        onPress={() => {
          fetchAll()
            .catch(fail)
            .finally(() => tell(undefined));
        }}
      >
        {count === undefined ? t("csv.get") : t("csv.getting", { count: number(count) })}
      </Button>
      {error !== undefined && <Failed error={error} />}
    </>
  );
}
