"""progress.py <cargo command>...: runs it, and says now and then how far it is.

On a terminal cargo draws its own bar. Anywhere else it would name hundreds of crates and never how many are left; here it is a line each
half minute, `built 120 of 355`, from the bar that cargo is asked to draw. Warnings and errors come through as they are.
"""

import os
import re
import subprocess
import sys
import time

EVERY = 30
BAR = re.compile(r"Building \[[=> ]*\] (\d+)/(\d+)")
# What the bar tells, too.
NOISE = re.compile(r"^ *(Compiling|Checking|Downloading|Downloaded|Updating|Locking|Adding|Blocking|Fresh) ")
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def relay(stream):
    """Lines of cargo's error output, without its bar."""
    told, rest = time.monotonic(), ""
    while part := os.read(stream.fileno(), 65536):
        *lines, rest = re.split(r"[\r\n]", rest + part.decode(errors="replace"))
        for line in lines:
            plain = COLOURS.sub("", line).strip()
            bar = BAR.search(plain)
            if bar and time.monotonic() - told >= EVERY:
                told = time.monotonic()
                print(f"built {bar[1]} of {bar[2]}", flush=True)
            elif plain and not bar and not NOISE.match(plain):
                print(COLOURS.sub("", line), file=sys.stderr, flush=True)
    if rest.strip():
        print(rest, file=sys.stderr, flush=True)


def main(command):
    if sys.stderr.isatty():
        os.execvp(command[0], command)
    shown = {"CARGO_TERM_PROGRESS_WHEN": "always", "CARGO_TERM_PROGRESS_WIDTH": "80"}
    with subprocess.Popen(command, env=os.environ | shown, stderr=subprocess.PIPE) as cargo:
        relay(cargo.stderr)
    return cargo.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
