"""The control matrix: infra/controls.toml, its checks, and the page that is made of it."""

import re, tomllib

DATA, PAGE = "infra/controls.toml", "infra/controls.md"
COLUMNS = {"id", "title", "area", "what", "pci", "asvs", "gdpr", "resources", "code", "tests", "state", "missing"}
LISTS = ["pci", "asvs", "gdpr", "resources", "code", "tests"]
# The sections of OWASP ASVS 5.0.0: how many each chapter has.
SECTIONS = {1: 5, 2: 4, 3: 7, 4: 4, 5: 4, 6: 8, 7: 6, 8: 4, 9: 2, 10: 7, 11: 7, 12: 3, 13: 4, 14: 3, 15: 4, 16: 5, 17: 3}
HEAD = """# Controls

Made of `infra/controls.toml` by `infra/tools/docs.sh write`; `make test ONLY=docs` fails when they differ, when a resource, a file or a test that
is named is not there, or when a control that is said to stand has no test. Numbers are those of PCI DSS 4.0.1, OWASP ASVS 5.0 (sections) and the GDPR (articles).
"""


def read(root):
    """The controls; a `ValueError` says what is not understood."""
    data = tomllib.loads((root / DATA).read_text())
    if set(data) != {"control"}:
        raise ValueError(f"{DATA}: unknown tables: {', '.join(sorted(set(data) - {'control'}))}")
    for control in data["control"]:
        name = control.get("id", "a control without an id")
        unknown = set(control) - COLUMNS
        if unknown:
            raise ValueError(f"{DATA}: {name}: unknown columns: {', '.join(sorted(unknown))}")
        for column in LISTS:
            control.setdefault(column, [])
        control.setdefault("state", "done")
        for column in ("id", "title", "area", "what"):
            if not control.get(column):
                raise ValueError(f"{DATA}: {name}: it has no {column}")
    return data["control"]


def numbers(control):
    """What is wrong with the numbers of the standards."""
    for number in control["pci"]:
        if not re.fullmatch(r"([1-9]|1[0-2])(\.[1-9]\d*){1,3}", number):
            yield f"PCI DSS has no {number}"
    for number in control["asvs"]:
        chapter, _, section = number.partition(".")
        section = section.split(".")[0]
        if not (chapter.isdigit() and section.isdigit() and 1 <= int(section) <= SECTIONS.get(int(chapter), 0)):
            yield f"ASVS has no section {number}"
    for number in control["gdpr"]:
        if not (number.isdigit() and 1 <= int(number) <= 99):
            yield f"the GDPR has no article {number}"


def check(controls, root, tests, templates):
    """What is wrong with the controls."""
    wrong, seen = [], set()
    for control in controls:
        said = [*numbers(control)]
        if control["id"] in seen:
            said.append("it stands twice")
        seen.add(control["id"])
        if control["state"] not in ("done", "open"):
            said.append(f"a control is done or open, not {control['state']}")
        if control["state"] == "done" and not control["tests"]:
            said.append("it is said to stand, and no test holds it")
        if (control["state"] == "open") != bool(control.get("missing")):
            said.append("what is open says what is missing, and nothing else does")
        if not any(control[standard] for standard in ("pci", "asvs", "gdpr")):
            said.append("no standard asks for it")
        said += [f"{name}: no such resource" for name in control["resources"] if not templates.has(name)]
        said += [f"{name}: no such file" for name in control["code"] if not (root / name).exists()]
        said += [f"{name}: {why}" for name in control["tests"] if (why := tests.wrong(name))]
        wrong += [f"{DATA}: {control['id']}: {what}" for what in said]
    return wrong


def cell(names):
    return "<br>".join(f"`{name}`" for name in names)


def page(controls):
    """The matrix as people read it."""
    open_ = [c for c in controls if c["state"] == "open"]
    out = [HEAD, f"{len(controls)} controls: {len(controls) - len(open_)} stand, {len(open_)} are open.\n"]
    if open_:
        out.append("## Open\n")
        out += [f"- **{c['title']}** (`{c['id']}`): {c['missing']}" for c in open_]
        out.append("")
    for area in dict.fromkeys(c["area"] for c in controls):
        out += [f"## {area}\n", "| control | exact behaviour | PCI DSS | ASVS | GDPR | resources | code | tests |", "|" + "---|" * 8]
        for c in (c for c in controls if c["area"] == area):
            title = f"{c['title']} (`{c['id']}`)" + (" **open**" if c["state"] == "open" else "")
            standards = [", ".join(c[standard]) for standard in ("pci", "asvs", "gdpr")]
            cells = [title, c["what"], *standards, cell(c["resources"]), cell(c["code"]), cell(c["tests"])]
            out.append("| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |")
        out.append("")
    return "\n".join(out).rstrip("\n") + "\n"
