"""What npm brings has a licence that is allowed and a hash, and a database that does not answer is never taken for one that knows nothing."""

import json, os, pathlib, subprocess, sys, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "infra/tools"))

import npm

RIGHT = {"version": "1.0.0", "license": "MIT", "integrity": "sha512-AAAA"}
ALLOW = {"MIT", "ISC", "Apache-2.0"}


def wrong(name="a", **change):
    return list(npm.wrong({"packages": {"": {"license": "UNLICENSED"}, f"node_modules/{name}": {**RIGHT, **change}}}, ALLOW))


class Locks(unittest.TestCase):
    def test_what_is_locked_is_right(self):
        found, count = npm.check(ROOT)
        self.assertEqual([], found)
        self.assertGreater(count, 20)

    def test_a_licence_must_be_allowed(self):
        for licence in ["MIT", "(MIT OR CC0-1.0)", "GPL-3.0-only OR MIT"]:
            self.assertEqual([], wrong(license=licence), licence)
        for licence in [None, "", "GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR ISC) AND GPL-3.0-only", "SEE LICENSE IN LICENSE", "Python-2.0"]:
            self.assertEqual(1, len(wrong(license=licence)), licence)

    def test_an_exception_is_for_its_package_alone(self):
        self.assertEqual([], wrong("argparse", license="Python-2.0"))
        self.assertEqual([], wrong("other/node_modules/argparse", license="Python-2.0"))
        self.assertEqual(1, len(wrong("other", license="Python-2.0")))
        self.assertEqual(1, len(wrong("argparse", license="GPL-3.0-only")))

    def test_exceptions_are_of_packages_that_there_are(self):
        names = {place.rpartition("node_modules/")[2] for folder in npm.locks(ROOT)
                 for place in json.loads((folder / "package-lock.json").read_text())["packages"]}
        self.assertEqual(set(), set(npm.EXCEPTIONS) - names)

    def test_a_package_without_a_hash_or_from_elsewhere_or_that_runs_something_is_found(self):
        for change in [{"integrity": "sha1-AAAA"}, {"integrity": ""}, {"resolved": "https://packages.example/a.tgz"},
                       {"resolved": "git+ssh://git@github.com/a/a.git"}, {"hasInstallScript": True}]:
            self.assertEqual(1, len(wrong(**change)), change)
        self.assertEqual([], wrong(resolved="https://registry.npmjs.org/a/-/a-1.0.0.tgz"))


class Audit(unittest.TestCase):
    def audit(self, said, status):
        """How an audit ends, and what it prints, with an npm that says this."""
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "said").write_text(said)
            tool = pathlib.Path(folder) / "npm"
            tool.write_text(f"#!/bin/sh\ncat {folder}/said\nexit {status}\n")
            tool.chmod(0o755)
            done = subprocess.run([sys.executable, "infra/tools/npm.py", "audit"], cwd=ROOT, capture_output=True, text=True,
                                  env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"})
        return done.returncode, done.stdout

    def test_a_database_that_does_not_answer_is_not_run(self):
        for said in ['{"message": "405 Method Not Allowed", "error": {"summary": ""}}', '{"error": {}}', "", "no JSON"]:
            status, printed = self.audit(said, 1)
            self.assertEqual(npm.NOT_RUN, status, said)
            self.assertIn("not run", printed)

    def test_what_is_known_is_found(self):
        said = {"auditReportVersion": 2, "vulnerabilities": {
            "a": {"severity": "high", "via": [{"title": "Prototype pollution", "url": "https://advisories.example/1"}]},
            "b": {"severity": "high", "via": ["a"]}}}
        status, printed = self.audit(json.dumps(said), 1)
        self.assertEqual(1, status)
        self.assertIn("a: high: Prototype pollution (https://advisories.example/1)", printed)
        self.assertIn("b: high: a", printed)

    def test_nothing_known_is_nothing_found(self):
        self.assertEqual((0, ""), self.audit('{"auditReportVersion": 2, "vulnerabilities": {}}', 0))


if __name__ == "__main__":
    unittest.main()
