// Where in a text something is wrong, as the platform says it in words: "line 2, column 5: …".

export interface Place {
  line: number;
  column: number;
}

/** The first place that a message names; lines and columns count from 1, columns in characters. */
export function placeIn(message: string): Place | undefined {
  const [, line, column] = /line (\d+), column (\d+)/.exec(message) ?? [];
  return line && column ? { line: Number(line), column: Number(column) } : undefined;
}

/** The part of a text that begins at a place, up to the end of the word there, as a field selects it. */
export function spanOf(text: string, { line, column }: Place): [number, number] {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((all, one) => all + one.length + 1, 0);
  const found = Array.from(lines[line - 1] ?? "");
  const start = before + found.slice(0, column - 1).join("").length;
  const word = /^(?:[\w.`-]+|"[^"]*"?|\S)/u.exec(text.slice(start))?.[0] ?? "";
  return [start, start + word.length];
}

/** The line that is wrong, with what is wrong marked. Whoever hears the page is told the line and the column. */
export function Marked({ text, at }: { text: string; at: Place }) {
  const [start, end] = spanOf(text, at);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", start);
  return (
    <code className="marked" aria-hidden="true">
      {text.slice(from, start)}
      <mark>{text.slice(start, end) || " "}</mark>
      {text.slice(end, to < 0 ? undefined : to)}
    </code>
  );
}
