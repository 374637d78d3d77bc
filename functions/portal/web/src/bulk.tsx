// The same done to several rows: each under its own idempotency key, one after the other, with what came of each.

import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Refused, type Under } from "./api";
import { useMay } from "./client";
import { Dialog } from "./form";
import { number } from "./format";
import { type Key, t } from "./i18n";
import { Button, CloseRow, Failed } from "./ui";

export interface Bulk<Row> {
  label: Key;
  ask: Key;
  right: string;
  kind?: "danger";
  /** Which rows it can be done to. */
  can: (row: Row) => boolean;
  send: (row: Row, under: Under) => Promise<unknown>;
}

export interface BulkProps<Row> {
  list: string;
  bulk: readonly Bulk<Row>[];
  rows: readonly Row[];
  name: (row: Row) => string;
  clear: () => void;
}

export default function BulkBar<Row>({ list, bulk, rows, name, clear }: BulkProps<Row>) {
  const may = useMay();
  const [chosen, choose] = useState<{ bulk: Bulk<Row>; rows: readonly Row[] }>();
  return (
    <>
      <div className="bulk" role="status">
        <strong>{t("list.selected", { count: number(rows.length) })}</strong>
        {bulk
          .filter((one) => may(one.right))
          .map((one) => {
            const fit = rows.filter(one.can);
            return (
              <Button key={one.label} kind={one.kind} isDisabled={fit.length === 0} onPress={() => choose({ bulk: one, rows: fit })}>
                {`${t(one.label)} (${number(fit.length)})`}
              </Button>
            );
          })}
        <Button kind="quiet" onPress={clear}>
          {t("list.unselect")}
        </Button>
      </div>
      {chosen && (
        <Run
          list={list}
          of={chosen}
          name={name}
          close={(done) => {
            choose(undefined);
            if (done) clear();
          }}
        />
      )}
    </>
  );
}

function Run<Row>({ list, of, name, close }: { list: string; of: { bulk: Bulk<Row>; rows: readonly Row[] }; name: (row: Row) => string; close: (done: boolean) => void }) {
  const client = useQueryClient();
  const [results, tell] = useState<readonly (true | unknown)[]>();
  const [running, run] = useState(false);
  const stop = useRef(false);
  // One key a row, so that pressing again repeats nothing.
  const [keys] = useState(() => of.rows.map(() => crypto.randomUUID()));
  const go = async (): Promise<void> => {
    const told: (true | unknown)[] = [];
    run(true);
    tell(told);
    for (const [place, row] of of.rows.entries()) {
      if (stop.current) break;
      try {
        await of.bulk.send(row, { key: keys[place] ?? "" });
        told.push(true);
      } catch (error) {
        // Whoever turns back at a question ends it.
        if (error instanceof DOMException) break;
        told.push(error);
      }
      tell([...told]);
    }
    run(false);
    void client.invalidateQueries({ queryKey: [list] });
  };
  const count = number(of.rows.length);
  if (!results)
    return (
      <Dialog open title={t(of.bulk.label)} close={() => close(false)}>
        <p>{t(of.bulk.ask, { count })}</p>
        <div className="row end">
          <Button kind="quiet" autoFocus onPress={() => close(false)}>
            {t("cancel")}
          </Button>
          <Button kind={of.bulk.kind ?? "primary"} onPress={() => void go()}>
            {t("bulk.go")}
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog open wide title={t(of.bulk.label)} close={() => !running && close(true)}>
      <p role="status">{t("list.progress", { done: number(results.length), all: count })}</p>
      <progress aria-label={t(of.bulk.label)} max={of.rows.length} value={results.length} />
      <ul className="results" tabIndex={0} aria-label={t("list.result")}>
        {results.map((result, place) => {
          const row = of.rows[place];
          return (
            <li key={keys[place]}>
              <code>{row ? name(row) : ""}</code> {result === true ? <span className="good">{t("list.done")}</span> : result instanceof Refused ? <span className="wrong">{result.problem.detail}</span> : <Failed error={result} />}
            </li>
          );
        })}
      </ul>
      {running ? (
        <div className="row end">
          <Button
            onPress={() => {
              stop.current = true;
            }}
          >
            {t("list.stop")}
          </Button>
        </div>
      ) : (
        <CloseRow close={() => close(true)} />
      )}
    </Dialog>
  );
}
