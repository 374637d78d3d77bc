"""What is linked stands in the bills, each with its licence and checksum, and a bill that is wrong does not pass."""

import json, pathlib, sys, tempfile, tomllib, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "infra/tools"))

import sbom


class Bills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        sbom.write(pathlib.Path(cls.folder.name))
        cls.bills = {p.stem: json.loads(p.read_text()) for p in pathlib.Path(cls.folder.name).iterdir()}
        lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
        cls.lock = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_service_has_one(self):
        services = {p.parent.parent.name for p in (ROOT / "functions").glob("*/src/bin")}
        self.assertEqual(services, set(self.bills))

    def test_whatever_is_linked_is_in_it_with_a_licence_and_a_checksum(self):
        # `cargo tree` walks the graph by itself, with the features of that service alone.
        for service, bill in self.bills.items():
            tree = sbom.cargo("tree", "--locked", "-e", "normal,no-proc-macro", "--target", sbom.TARGET, "-p", service,
                              "--prefix", "none", "-f", "{p}")
            linked = {tuple(line.replace(" v", " ", 1).split()[:2]) for line in tree.splitlines()}
            linked.discard((service, bill["metadata"]["component"]["version"]))
            # The portal's function reaches no data, and so has no SDK.
            self.assertGreater(len(linked), 40 if service == "portal" else 100, service)
            there = {(c["name"], c["version"]): c for c in bill["components"]}
            self.assertEqual(set(), linked - set(there), service)
            for package in linked:
                self.assertIn(package, self.lock)
                self.assertTrue(there[package]["licenses"][0]["expression"], package)
                checksum = [h["content"] for h in there[package].get("hashes", [])]
                self.assertEqual([self.lock[package]] if self.lock[package] else [], checksum, package)

    def test_what_only_tests_and_builds_need_is_not_in_it(self):
        names = {c["name"] for bill in self.bills.values() for c in bill["components"]}
        self.assertIn("aws-lc-sys", names)
        for other in ["proptest", "dynoxide-rs", "clap", "cc", "serde_derive", "end-to-end"]:
            self.assertIn(other, {name for name, _ in self.lock}, "the test names what is not there")
            self.assertNotIn(other, names)

    def test_the_same_sources_make_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as again:
            sbom.write(pathlib.Path(again))
            for service, bill in self.bills.items():
                self.assertEqual(bill, json.loads((pathlib.Path(again) / f"{service}.json").read_text()))

    def test_a_bill_that_is_wrong_is_refused(self):
        bill = self.bills["vault"]
        self.assertIsNone(sbom.validate(json.dumps(bill)))
        for change in [{"bomFormat": "Other"}, {"components": [{"type": "library"}]}, {"serialNumber": "1"}, {"more": 1}]:
            self.assertIsNotNone(sbom.validate(json.dumps({**bill, **change})), change)

    def test_a_licence_must_be_one_that_spdx_knows(self):
        package = {"name": "a", "version": "1.0.0", "license": "MIT/Apache-2.0"}
        self.assertEqual("MIT OR Apache-2.0", sbom.licence(package))
        for wrong in [None, "", "Something-Else", "MIT AND"]:
            with self.assertRaises(SystemExit):
                sbom.licence({**package, "license": wrong})


if __name__ == "__main__":
    unittest.main()
