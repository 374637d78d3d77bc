"""Runs what the handbook tells people to run: run_pages.py LEDGERKEEP starts a platform of its own and runs every `sh` block of the pages below, in their
order, in one shell for each page. It ends at the first command that fails. Fences of other languages are only read."""

import os, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "contract"))

from walk import Platform

# Each page is one story: what a block sets, later ones use.
PAGES = ["integrate.md", "audit.md"]
# A page that waits for what never comes must not hold up everything.
PATIENCE = 300


def blocks(text):
    """The `sh` blocks of a page: the line at which each begins, and what stands in it."""
    found = re.finditer(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [(text.count("\n", 0, one.start(1)) + 1, one[1]) for one in found]


def script(page, text):
    """One script of all blocks of a page, which names the block that it is in."""
    parts = ["set -euo pipefail"]
    for line, block in blocks(text):
        parts.append(f"echo '== {page}:{line}'\n{block}")
    return "\n".join(parts)


def run(page, text, folder, path):
    """Runs a page; gives what came of it: the exit status, and everything that was printed."""
    done = subprocess.run(["bash", "-c", script(page, text)], cwd=folder, env=os.environ | {"PATH": path}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout


def main(command):
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        bin = folder / "bin"
        bin.mkdir()
        (bin / "ledgerkeep").symlink_to(pathlib.Path(command).resolve())
        # Pages call Python and `ledgerkeep` by their names.
        path = f"{bin}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        platform = Platform(command, folder)
        (folder / ".ledgerkeep").symlink_to(platform.data)
        try:
            for page in PAGES:
                text = (ROOT / "infra/handbook" / page).read_text()
                status, said = run(page, text, folder, path)
                print(said, end="" if said.endswith("\n") else "\n")
                if status:
                    sys.exit(f"{page}: the last block above failed with {status}")
                count += len(blocks(text))
        finally:
            platform.stop()
    print(f"{count} blocks of the handbook run as they stand")


if __name__ == "__main__":
    main(sys.argv[1])
