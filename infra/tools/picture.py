"""picture.py COMMAND <text >picture.svg: what a command printed, as a picture of a terminal for the documents.

The text is drawn as it comes, so it must be real output: `make demo | head -25 | python3 infra/tools/picture.py "make demo"`."""

import html, sys, textwrap

COLUMNS = 108
# Pixels of a character and of a line; every line is stretched to its width, so that columns stand whatever font there is.
WIDE, HIGH, MARGIN = 7.8, 18, 16
STYLE = "font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"13\""


def wrapped(text):
    """Lines of at most COLUMNS characters, broken at spaces."""
    for line in text.expandtabs().rstrip().splitlines():
        yield from textwrap.wrap(line, COLUMNS, break_on_hyphens=False) or [""]


def picture(command, text):
    """The SVG."""
    lines = [f"$ {command}", *wrapped(text)]
    width, height = round(COLUMNS * WIDE + 2 * MARGIN), len(lines) * HIGH + 2 * MARGIN
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {STYLE} fill="#d8dee9">',
             f"<title>{html.escape(command)}</title>", f'<rect width="{width}" height="{height}" rx="8" fill="#1d232b"/>']
    for number, line in enumerate(lines):
        indent, shown = len(line) - len(line.lstrip()), line.strip()
        if not shown:
            continue
        colour = ' fill="#8fbcbb"' if number == 0 else ""
        drawn.append(f'<text x="{MARGIN + indent * WIDE:g}" y="{MARGIN + number * HIGH + 13:g}" textLength="{len(shown) * WIDE:g}"{colour} '
                     f'xml:space="preserve" style="white-space:pre">{html.escape(shown, quote=False)}</text>')
    return "\n".join([*drawn, "</svg>"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], sys.stdin.read()))
