"""check.py: holds the expanded templates to our own rules and to checkov's, and shows that each of our rules finds what it is for."""

import glob
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import expand
from rules import RULES


def own(templates):
    """Our rules, each of which must apply, hold, and find a planted violation."""
    failures, looked = [], 0
    for rule in RULES:
        applied, broken = rule.run(templates)
        looked += applied
        failures += broken
        if applied == 0:
            failures.append(f"{rule.name}: applied to nothing")
        found = planted(rule, templates)
        if not found:
            failures.append(f"{rule.name}: does not find a planted violation")
        print(f"{rule.name:28} {applied:5} {'FAILED' if broken else 'ok':7} {'planted found' if found else 'PLANTED NOT FOUND'}")
    return failures, looked


def planted(rule, templates):
    """Whether the rule finds a violation in the first resource that takes one."""
    for seen in rule.applies(templates):
        if rule.check(seen) is not True:
            continue
        # A copy that takes a fifth of the time of `copy.deepcopy`.
        broken = pickle.loads(pickle.dumps(templates))
        victim = next(s for s in rule.applies(broken) if (s.stack, s.name) == (seen.stack, seen.name))
        try:
            rule.plant(victim)
        except (KeyError, IndexError, AttributeError, StopIteration):
            continue
        return bool(rule.run(broken)[1])
    return False


def scan(folder):
    """What checkov says about the templates of a folder."""
    environment = {**os.environ, "LOG_LEVEL": "ERROR", "BC_SKIP_MAPPING": "TRUE", "CKV_IGNORE_HIDDEN_DIRECTORIES": "false"}
    command = [str(pathlib.Path(sys.executable).parent / "checkov"), "--directory", str(folder), "--framework", "cloudformation",
               "--skip-download", "--compact", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"checkov: {done.stderr or done.stdout}")
    if "results" not in answer:
        sys.exit(f"checkov looked at nothing in {folder}: {answer}")
    return answer["results"], answer["summary"]


def waivers(template):
    """Resources and the public rules that each waives, with the reasons."""
    for name, resource in template["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            yield name, skip["id"], skip.get("comment", "")


def public(templates):
    """Checkov over all templates, several at a time, the largest first. Every waiver must have its reason, and waive something."""
    failures, passed, waived, used = [], 0, 0, set()
    jobs = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        shares = [[0, pathlib.Path(folder, str(n))] for n in range(jobs)]
        for stack, template in sorted(templates.items(), key=lambda t: -len(json.dumps(t[1]))):
            share = min(shares)
            share[1].mkdir(exist_ok=True)
            body = json.dumps(template, indent=1)
            pathlib.Path(share[1], stack.replace("/", "__").replace(".yaml", ".json")).write_text(body)
            share[0] += len(body)
        with ThreadPoolExecutor(jobs) as pool:
            answers = list(pool.map(scan, [path for size, path in shares if size]))
    looked_at = set()
    for results, summary in answers:
        passed += summary["passed"]
        waived += summary["skipped"]
        if summary["parsing_errors"]:
            failures.append(f"checkov could not read {results['parsing_errors']}")
        for kind in ("passed_checks", "failed_checks", "skipped_checks"):
            for check in results[kind]:
                stack = pathlib.Path(check["file_path"]).stem.replace("__", "/") + ".yaml"
                name = check["resource"].split(".")[-1]
                looked_at.add(stack)
                if kind == "failed_checks":
                    failures.append(f"{stack}: {name}: {check['check_id']}: {check['check_name']}")
                if kind == "skipped_checks":
                    used.add((stack, name, check["check_id"]))
    for stack, template in templates.items():
        for name, check, reason in waivers(template):
            if len(reason) < 20:
                failures.append(f"{stack}: {name}: waives {check} without a reason")
            if (stack, name, check) not in used:
                failures.append(f"{stack}: {name}: waives {check}, which it does not break")
    # Some hold nothing that checkov has a rule for.
    unseen = sorted(set(templates) - looked_at)
    print(f"checkov has no rule for anything in: {', '.join(unseen) or 'none'}")
    return failures, passed, waived


def miscounted(expanded):
    """Where the generator has counted other resources than SAM makes."""
    counted = json.loads(pathlib.Path("infra/stacks/quotas.json").read_text())["stacks"]
    made = {path: len(template["Resources"]) for path, template in expanded.items()}
    for path in sorted(set(counted) | set(made)):
        if counted.get(path, {}).get("resources") != made.get(path):
            yield f"{path}: {made.get(path)} resources, infra/stacks/quotas.json has {counted.get(path, {}).get('resources')}"


def main():
    paths = ["template.yaml", *sorted(glob.glob("infra/stacks/*.yaml"))]
    expanded = {path: expand.expand(expand.read(path)) for path in paths}
    failures, looked = own({path: expand.settled(template) for path, template in expanded.items()})
    found, passed, waived = public(expanded)
    failures += found
    failures += miscounted(expanded)
    most = max(expanded, key=lambda path: len(expanded[path]["Resources"]))
    print(f"the largest stack is {most}, with {len(expanded[most]['Resources'])} resources")
    for failure in failures:
        print(f"FAILED {failure}")
    resources = sum(len(t["Resources"]) for t in expanded.values())
    print(f"{len(RULES)} rules applied {looked} times to {resources} resources of {len(paths)} templates; "
          f"{passed} public checks passed, {waived} waived with a reason, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
