"""Runs what the handbook tells people to run: run_pages.py LEDGERKEEP starts a platform of its own and runs every `sh` block of the pages below, in
their order, in one shell and one folder for each page. A page ends at the first command that fails. Fences of other languages are only read."""

import concurrent.futures, os, pathlib, re, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Each page is one story: what a block sets, later ones use.
PAGES = ["integrate.md", "audit.md"]
# Seconds; a page that waits for what never comes must not hold up everything.
PATIENCE = 300


def blocks(text):
    """The `sh` blocks of a page: the line at which each begins, and what stands in it."""
    found = re.finditer(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [(text.count("\n", 0, one.start(1)) + 1, one[1]) for one in found]


def script(page, text):
    """One script of all blocks of a page, which names the block that it is in."""
    return "\n".join(["set -euo pipefail", *(f"echo '== {page}:{line}'\n{block}" for line, block in blocks(text))])


def run(page, text, folder, path):
    """Runs a page; gives the exit status, and everything that was printed."""
    shell = ["timeout", str(PATIENCE), "bash", "-c", script(page, text)]
    done = subprocess.run(shell, cwd=folder, env=os.environ | {"PATH": path}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def main(command):
    sys.path.insert(0, str(HERE.parent / "contract"))
    from walk import Platform

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "bin").mkdir()
        (folder / "bin/ledgerkeep").symlink_to(pathlib.Path(command).resolve())
        # Pages call Python and `ledgerkeep` by their names.
        path = f"{folder / 'bin'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
        platform = Platform(command, folder)

        def one(page):
            here = folder / page
            here.mkdir()
            (here / ".ledgerkeep").symlink_to(platform.data)
            text = (ROOT / "infra/handbook" / page).read_text()
            return page, len(blocks(text)), *run(page, text, here, path)

        try:
            # Side by side: one mostly waits for what happens each minute.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                ran = list(pool.map(one, PAGES))
        finally:
            platform.stop()
    for page, count, status, said in ran:
        print(said.rstrip("\n"))
        if not count:
            sys.exit(f"{page} has no block")
        if status:
            sys.exit(f"{page}: the last block above failed with {status}")
    print(f"{sum(count for _, count, _, _ in ran)} blocks of the handbook run as they stand")


if __name__ == "__main__":
    main(sys.argv[1])
