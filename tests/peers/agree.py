"""Whether both verifiers of audit bundles say the same: agree.py DIRECTORY, which `LEDGERKEEP_BUNDLES=DIRECTORY` of the unit tests has filled."""

import json, pathlib, sys
from cryptography.hazmat.primitives import serialization
from verify_bundle import verify

directory = pathlib.Path(sys.argv[1])
key = serialization.load_pem_public_key((directory / "key.pem").read_bytes())
place = lambda finding: tuple(finding.get(name) for name in ("line", "kind", "index", "to"))
order = lambda found: sorted(map(place, found), key=lambda place: tuple((value is not None, value) for value in place))
bundles, different = sorted(directory.glob("*.jsonl")), 0
for bundle in bundles:
    findings, confirmed = verify(bundle, [key])
    report = json.loads(bundle.with_name(bundle.stem + ".report.json").read_text())
    # The first verifier tells at most 1,000 findings of a kind.
    if not report["omitted"] and (order(findings), confirmed) != (order(report["findings"]), report["confirmed"]):
        different += 1
        print(bundle.name, order(findings), confirmed, "is not", order(report["findings"]), report["confirmed"])
print(f"{len(bundles)} bundles, {different} on which the verifiers differ")
sys.exit(bool(different) or not bundles)
