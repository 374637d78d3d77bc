"""The table of scans: findings are never green, and neither is a scan that could not run."""

import os, pathlib, subprocess, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = "#!/bin/sh\n{}\n"


class Scans(unittest.TestCase):
    def scan(self, *scans, strict="0", **tools):
        """Runs scans with commands of the test's own in front of those of the machine."""
        with tempfile.TemporaryDirectory() as folder:
            for name, script in tools.items():
                path = pathlib.Path(folder) / name
                path.write_text(TOOL.format(script))
                path.chmod(0o755)
            # `lib.sh` puts its own tools first: a script in front of `bash` would be passed by, so functions stand in.
            start = "".join(f"{name}() {{ {folder}/{name} \"$@\"; }}; export -f {name}; " for name in tools)
            done = subprocess.run(["bash", "-c", f"{start} exec infra/tools/scan.sh {' '.join(scans)}"], cwd=ROOT,
                                  capture_output=True, text=True, env=os.environ | {"STRICT": strict})
        rows = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
        return done.returncode, {row[0]: row[1] for row in rows[-len(scans):] if len(row) == 2}, done.stdout + done.stderr

    def test_a_database_that_cannot_be_reached_is_not_run_and_never_ok(self):
        status, rows, said = self.scan("advisories", timeout="exit 128", cargo="exit 0")
        self.assertEqual((0, {"advisories": "not run"}), (status, rows), said)
        status, rows, said = self.scan("advisories", strict="1", timeout="exit 128", cargo="exit 0")
        self.assertEqual((1, {"advisories": "not run"}), (status, rows), said)

    def test_what_is_found_fails_and_the_other_scans_run_all_the_same(self):
        cargo = 'case "$*" in *advisories*) echo RUSTSEC-2026-0001; exit 1;; *) exit 0;; esac'
        status, rows, said = self.scan("advisories", "dependencies", timeout="exit 0", cargo=cargo)
        self.assertEqual((1, {"advisories": "findings", "dependencies": "ok"}), (status, rows), said)
        self.assertIn("RUSTSEC-2026-0001", said)

    def test_nothing_found_is_ok(self):
        status, rows, said = self.scan("advisories", "dependencies", strict="1", timeout="exit 0", cargo="exit 0")
        self.assertEqual((0, {"advisories": "ok", "dependencies": "ok"}), (status, rows), said)

    def test_a_scan_that_does_not_exist_is_refused(self):
        status, _, said = self.scan("advisories", "weather", cargo="exit 0")
        self.assertEqual(1, status)
        self.assertIn("there is no scan weather", said)


if __name__ == "__main__":
    unittest.main()
