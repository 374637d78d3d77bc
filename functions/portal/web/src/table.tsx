// A table of what is there at once: no pages and no filters, which lists have.

import type { ReactNode } from "react";

export interface Cell<Row> {
  label: string;
  cell: (row: Row, place: number) => ReactNode;
  numeric?: boolean;
}

/** `foot` are sums below it: what each is, and how much. The last of them stands out. What is `wide` may scroll, so it takes the focus. */
export function Table<Row>({ caption, cells, rows, foot = [], wide = false }: { caption: string; cells: readonly Cell<Row>[]; rows: readonly Row[]; foot?: readonly (readonly [string, string])[]; wide?: boolean }) {
  return (
    <div className="scroll words" {...(wide ? { tabIndex: 0, role: "group", "aria-label": caption } : {})}>
      <table>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {cells.map((c) => (
              <th key={c.label} scope="col" className={c.numeric ? "numeric" : undefined}>
                {c.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            // Rows have no id; each drawing has all of them.
            <tr key={`${place}`}>
              {cells.map((c) => (
                <td key={c.label} data-label={c.label} className={c.numeric ? "numeric" : undefined}>
                  {c.cell(row, place) || "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {foot.length > 0 && (
          <tfoot>
            {foot.map(([name, value], place) => (
              <tr key={name}>
                <th scope="row" colSpan={Math.max(1, cells.length - 1)}>
                  {name}
                </th>
                <td className="numeric" data-label={name}>
                  {place === foot.length - 1 ? <strong>{value}</strong> : value}
                </td>
              </tr>
            ))}
          </tfoot>
        )}
      </table>
    </div>
  );
}
