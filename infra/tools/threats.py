"""The threat model, infra/threat-model.md: what of it can be checked.

Each flow is a section with a line `Covers:` that names what of the templates it is about, and a table with a row for each threat: the letter of
STRIDE, the threat, the controls that meet it, and the tests that hold them. `none: why` stands where a letter does not apply, `open: what` where
nothing meets it yet."""

import dataclasses, re

PAGE = "infra/threat-model.md"
LETTERS = "STRIDE"


@dataclasses.dataclass
class Threat:
    flow: str
    letter: str
    text: str
    controls: list
    tests: list
    open: bool
    none: bool


@dataclasses.dataclass
class Model:
    flows: dict = dataclasses.field(default_factory=dict)
    threats: list = dataclasses.field(default_factory=list)


def read(root):
    """The model, and what of it is not understood."""
    model, wrong, flow = Model(), [], None
    for number, line in enumerate((root / PAGE).read_text().splitlines(), 1):
        if line.startswith("## "):
            flow = line[3:].strip()
            if flow in model.flows:
                wrong.append(f"{PAGE}:{number}: {flow} stands twice")
            model.flows[flow] = []
        elif line.startswith("Covers:"):
            model.flows[flow] += re.findall(r"`([^`]+)`", line)
        elif line.startswith("| ") and flow and not line.startswith(("| letter", "|---")):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) != 4 or cells[0] not in set(LETTERS):
                wrong.append(f"{PAGE}:{number}: a row is a letter of STRIDE, the threat, controls, tests")
                continue
            letter, text, controls, tests = cells
            model.threats.append(Threat(flow, letter, text, re.findall(r"`([^`]+)`", controls), re.findall(r"`([^`]+)`", tests),
                                        bool(re.match(r"open: .", controls)), bool(re.match(r"none: .", controls))))
    return model, wrong


def check(model, root, controls, tests, templates):
    """What is wrong with the model."""
    wrong = []
    for threat in model.threats:
        at = f"{PAGE}: {threat.flow}, {threat.letter}"
        wrong += [f"{at}: there is no control {name}" for name in threat.controls if name not in controls]
        wrong += [f"{at}: {name}: {why}" for name in threat.tests if (why := tests.wrong(name))]
        if threat.open or threat.none:
            continue
        if not threat.controls or not threat.tests:
            wrong.append(f"{at}: a threat has a control and a test, or says that it is open")
    for flow in model.flows:
        letters = {threat.letter for threat in model.threats if threat.flow == flow}
        missing = [letter for letter in LETTERS if letter not in letters]
        if missing:
            wrong.append(f"{PAGE}: {flow}: nothing about {', '.join(missing)}")
    covered = {name for names in model.flows.values() for name in names}
    there = templates.flows()
    wrong += [f"{PAGE}: {name} is in the templates and in no flow" for name in sorted(there - covered)]
    wrong += [f"{PAGE}: {name} is in no template" for name in sorted(covered - there)]
    return wrong
