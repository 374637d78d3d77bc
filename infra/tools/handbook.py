"""README.md and the handbook, infra/handbook: what of them can be checked.

Beside commands and endpoints, which docs.py knows: files and folders, links and anchors, checks and variables of `make`, scripts that hand their
arguments on, the commands' lists of values, the sandbox's numbers, codes of errors; that the index leads to every page, and that README.md stays
short. Of the other documents below infra, links and anchors."""

import itertools, os, pathlib, re

INDEX = "infra/handbook/README.md"
INTEGRATE, OPERATE, EXTEND = (f"infra/handbook/{page}.md" for page in ("integrate", "operate", "extend"))
PICTURES = "infra/handbook/pictures"
# Bytes: who is new reads it to the end.
README_LIMIT, PICTURE_LIMIT = 6_000, 100_000
# What stands at the top of the repository and may be named as a path.
FOLDERS = (".ci", ".config", ".github", "events", "functions", "infra", "shared", "tests")
METHODS = "GET|POST|PUT|PATCH|DELETE"
# Scripts that hand their arguments on to the command.
HANDED = {"infra/tools/bench.sh": ["bench"], "infra/tools/ledgerkeep.sh": []}
# Checks that `make test` runs only when they are named.
ALONE = {"bootstraps"}
NUMBERS = "functions/payments/src/provider/test_numbers.rs"


def pages(root):
    return [root / "README.md", *sorted((root / "infra/handbook").glob("**/*.md"))]


def prose(text):
    """A page without its code."""
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```\w*\n.*?^```", "", text, flags=re.M | re.S))


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    seen = {}
    for heading in re.findall(r"^#{1,6} (.+?)\s*$", re.sub(r"^```\w*\n.*?^```", "", text, flags=re.M | re.S), re.M):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        yield f"{slug}-{count}" if count else slug


def targets(text):
    """Where the links and pictures of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def joined(page, path):
    """Where a path leads from a page."""
    return pathlib.Path(os.path.normpath(page.parent / path))


def links(root, page, text):
    """What is wrong with the links of a page."""
    for target in targets(text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = joined(page, path) if path else page
        if not file.exists() or not file.is_relative_to(root):
            yield f"the link {target} leads nowhere"
        elif anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text())):
            yield f"{target}: there is no such heading"


def alternatives(word):
    """`a/{b,c}` as `a/b` and `a/c`."""
    parts = [part.split(",") for part in re.split(r"\{([^{}]*,[^{}]*)\}", word)]
    # What stands outside of braces is one part, whatever commas are in it.
    parts = [[",".join(part)] if number % 2 == 0 else part for number, part in enumerate(parts)]
    return ["".join(one) for one in itertools.product(*parts)]


def files(root, piece):
    """What is wrong with the files that a piece of code names; what is in angle brackets, a variable or a star may be anything."""
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines() if line.startswith("/")]
    for word in re.split(r"[\s\"'()=|;]+", piece):
        word = re.split(r"::|#", word)[0].strip(".,:")
        if word.split("/")[0] not in FOLDERS or "/" not in word:
            continue
        for path in alternatives(re.sub(r"<[^<>]*>|\$\{?\w+\}?", "*", word)):
            made = any(path == top or path.startswith(f"{top}/") for top in ignored)
            if not made and not any(root.glob(path.rstrip("/"))):
                yield f"there is no {path}"


def variables(root, piece, checks):
    """What is wrong with what `make` is given."""
    known = (root / "Makefile").read_text()
    for target, given in re.findall(r"(?:^|[\s;&|(])make ([a-z]+)((?: [A-Z_]+=(?:\"[^\"]*\"|\S+))+)", piece):
        for name, value in re.findall(r"([A-Z_]+)=(\"[^\"]*\"|\S+)", given):
            if not re.search(rf"\b{name}\b", known):
                yield f"`make {target}` knows no {name}"
            if name == "ONLY":
                yield from (f"`make test` has no check {check}" for check in value.strip('"').split() if check not in checks)


def paths(piece, endpoints, same):
    """What is wrong with the paths of endpoints: with their method where one stands before them, as a path in any case."""
    plain = re.sub(r"\$\{?\w+\}?(?=[/\"'\s`?]|$)", "{}", piece)
    for method, path in re.findall(rf"\b({METHODS}) [\"'](/[^\s\"'?]+)", plain):
        if not any(m == method and same(p, path) for m, p in endpoints):
            yield f"no service answers {method} {path}"
    for path in set(re.findall(r"(?<![\w}])(/[a-z]+/v\d+/[\w./{}-]+)|\{\}(/[a-z]+/v\d+/[\w./{}-]+)", plain)):
        path = path[0] or path[1]
        if not any(same(p, path) for _, p in endpoints):
            yield f"no service answers {path}"


def handed(root, piece, commands):
    """What is wrong with commands that docs.py does not see: scripts that hand on what they get, the verifier, values of options."""
    for line in piece.replace("\\\n", " ").splitlines():
        for script, before in HANDED.items():
            for words in re.findall(rf"(?:^|[\s;&|(]){re.escape(script)} ([^|;&#`]+)", line):
                yield from commands.ours([*before, *words.split()])
                yield from values([*before, *words.split()], commands)
        for words in re.findall(r"(?:^|[\s;&|(/])ledgerkeep ([^|;&#`]+)", line):
            yield from values(words.split(), commands)
        for words in re.findall(r"(?:^|[\s;&|(/])ledgerkeep-verify\b([^|;&#`]*)", line):
            yield from commands.ours(["verify", *words.split()])
            made = (file.read_text() for file in root.glob("infra/*/Cargo.toml"))
            if not any('name = "ledgerkeep-verify"' in text for text in made):
                yield "no crate makes a command ledgerkeep-verify"


def values(words, commands):
    """What is wrong with the values of options that have a list of them."""
    for option, value in zip(words[1:], words[2:]):
        said = re.search(rf"^ +{re.escape(option)} <.*?(?=^ +-[\w-]|\Z)", commands.help(words[0]), re.M | re.S) if option.startswith("--") else None
        listed = re.search(r"\[possible values: ([^\]]+)\]|Possible values:\n((?:\s+- .+\n?)+)", said[0]) if said else None
        if listed and value not in (listed[1] or "").split(", ") + re.findall(r"- ([\w-]+)", listed[2] or ""):
            yield f"`ledgerkeep {words[0]} {option}` does not know {value}"


def section(text, heading):
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found[1] if found else ""


def tables(root, checks):
    """What is wrong with the tables that say what code knows: the sandbox's numbers, codes of errors, the checks of `make test`."""
    text = (root / INTEGRATE).read_text()
    known = set(re.findall(r'line\("(\d+)", "(\d+)"', (root / NUMBERS).read_text()))
    told = set(re.findall(r"^\| `(\d+)` \| `(\d+)` \|", section(text, "Sandbox numbers"), re.M))
    yield from (f"{INTEGRATE}: the sandbox's number {number} is not in the table" for begins, number in sorted(known) if (number, begins) not in told)
    yield from (f"{INTEGRATE}: the sandbox knows no {number}" for number, begins in sorted(told) if (begins, number) not in known)
    source = "\n".join(file.read_text() for folder in ("shared/src", "functions") for file in sorted((root / folder).glob("**/*.rs")))
    for codes in re.findall(r"^\| [\d, ]+ \| ([^|]+) \|", section(text, "Errors"), re.M):
        yield from (f"{INTEGRATE}: no call is answered {code}" for code in re.findall(r"`(\w+)`", codes) if f'"{code}"' not in source)
    rows = re.findall(r"^\| (`[^|]+) \|", section((root / EXTEND).read_text(), "Tests"), re.M)
    said = {check for row in rows for check in re.findall(r"`(\w+)`", row)}
    yield from (f"{EXTEND}: `make test` has no check {check}" for check in sorted(said - checks))
    yield from (f"{EXTEND}: the check {check} is not in the table" for check in sorted(checks - said))


def places(root, texts):
    """What is wrong with what leads where: every page from the index, every runbook from operate.md, every picture from a page."""
    def led(page):
        return {joined(root / page, target.partition("#")[0]) for target in targets(texts.get(root / page, ""))}

    for page in pages(root)[1:]:
        if page != root / INDEX and page not in led(INDEX):
            yield f"{INDEX}: {page.name} is not in it"
    if root / INDEX not in led("README.md"):
        yield "README.md: it does not lead to the handbook"
    for runbook in sorted((root / "infra/runbooks").glob("*.md")):
        if runbook not in led(OPERATE):
            yield f"{OPERATE}: {runbook.name} is not in it"
    shown = set().union(*(led(page.relative_to(root)) for page in texts))
    for picture in sorted((root / PICTURES).glob("*")):
        if picture not in shown:
            yield f"{PICTURES}/{picture.name}: no page shows it"
        if picture.stat().st_size > PICTURE_LIMIT:
            yield f"{PICTURES}/{picture.name}: larger than {PICTURE_LIMIT} bytes"
    size = (root / "README.md").stat().st_size
    if size > README_LIMIT:
        yield f"README.md: {size} bytes; at most {README_LIMIT}: the rest belongs into the handbook"


def check(root, commands, checks, code, same):
    """Everything that is wrong; `code` gives the code of a text, and `same` says whether a path is that of an endpoint."""
    texts = {page: page.read_text() for page in pages(root)}
    alone = checks | ALONE
    for page, text in texts.items():
        at = page.relative_to(root)
        found = [*links(root, page, text)]
        for piece in code(text):
            # README.md's commands are checked with the runbooks'.
            found += commands.wrong(piece) if at != pathlib.Path("README.md") else []
            found += [*files(root, piece), *variables(root, piece, alone), *paths(piece, commands.endpoints, same), *handed(root, piece, commands)]
        yield from (f"{at}: {wrong}" for wrong in dict.fromkeys(found))
    for page in sorted({*(root / "infra").glob("*.md"), *(root / "infra/runbooks").glob("*.md"), *(root / "infra/decisions").glob("*.md")}):
        yield from (f"{page.relative_to(root)}: {wrong}" for wrong in links(root, page, page.read_text()))
    yield from tables(root, checks)
    yield from places(root, texts)
