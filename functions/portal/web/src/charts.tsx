// Charts: columns over days, and bars beside the numbers of a table. Each has its numbers as a table, too; nothing is told by colour alone.

import { useId } from "react";

export interface Series {
  name: string;
  tone: "good" | "bad" | "wait" | "even" | "accent";
  values: readonly number[];
}

/** How high a chart is, in its own units; it is as wide as there is room. */
const HEIGHT = 100;

/** Columns of what adds up, one for each label. */
export function Columns({ title, labels, series, show }: { title: string; labels: readonly string[]; series: readonly Series[]; show: (value: number) => string }) {
  const id = useId();
  const sums = labels.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const most = Math.max(...sums, 0);
  return (
    <figure className="chart">
      <figcaption id={id}>{title}</figcaption>
      {series.length > 1 && (
        <ul className="legend">
          {series.map(({ name, tone }) => (
            <li key={name}>
              <span className={`swatch ${tone}`} aria-hidden="true" /> {name}
            </li>
          ))}
        </ul>
      )}
      <span className="hint">{show(most)}</span>
      <svg viewBox={`0 0 ${labels.length} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-labelledby={id}>
        {labels.map((label, at) => {
          let base = HEIGHT;
          return (
            <g key={label}>
              <title>{`${label}: ${series.map(({ name, values }) => `${name} ${show(values[at] ?? 0)}`).join(", ")}`}</title>
              {/* All of the day's room can be pointed at. */}
              <rect className="room" x={at} y={0} width={1} height={HEIGHT} />
              {series.map(({ name, tone, values }) => {
                const height = most === 0 ? 0 : ((values[at] ?? 0) / most) * HEIGHT;
                base -= height;
                return height > 0 && <rect key={name} className={tone} x={at + 0.12} y={base} width={0.76} height={height} />;
              })}
            </g>
          );
        })}
      </svg>
      <div className="ends hint" aria-hidden="true">
        <span>{labels[0]}</span>
        <span>{labels.at(-1)}</span>
      </div>
    </figure>
  );
}

/** A bar in a table, as long as its value is among all of them. The number stands beside it. */
export function Bar({ value, most, tone = "accent" }: { value: number; most: number; tone?: Series["tone"] }) {
  return (
    <svg className="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect className="room" x={0} y={0} width={100} height={1} />
      <rect className={tone} x={0} y={0} width={most > 0 ? Math.max(0, (value / most) * 100) : 0} height={1} />
    </svg>
  );
}
