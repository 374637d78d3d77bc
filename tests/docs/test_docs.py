"""Documents that name what is not there are found out, one planted fault at a time; those that stand are clean."""

import copy, json, os, pathlib, sys, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "infra/tools"))

import controls
import docs
import threats


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tests, cls.templates = docs.Tests(ROOT), docs.Templates(ROOT)
        cls.commands = docs.Commands(ROOT, os.environ["LEDGERKEEP"])
        cls.controls = controls.read(ROOT)

    def matrix(self, **change):
        """What is wrong when the first control that stands is changed."""
        data = copy.deepcopy(self.controls)
        next(c for c in data if c["state"] == "done").update(change)
        return " ".join(controls.check(data, ROOT, self.tests, self.templates))

    def model(self, change):
        """What is wrong when the text of the threat model is changed."""
        text = (ROOT / threats.PAGE).read_text()
        changed = change(text)
        self.assertNotEqual(text, changed, "nothing was changed")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "infra").mkdir()
            (pathlib.Path(folder) / threats.PAGE).write_text(changed)
            model, wrong = threats.read(pathlib.Path(folder))
        ids = {c["id"] for c in self.controls}
        return " ".join(wrong + threats.check(model, ROOT, ids, self.tests, self.templates))

    def test_every_planted_fault_is_found(self):
        self.assertEqual("", self.matrix())
        test = "tests/it/walls.rs::every_operation_refuses_nobody_forgers_the_wrong_role_and_the_other_tenant"
        for change, expected in [
            ({"tests": []}, "no test holds it"),
            ({"tests": [test + "_not"]}, "has no test of that name"),
            ({"tests": ["tests/it/gone.rs::anything"]}, "no such file"),
            # A function that is there, and no test.
            ({"tests": ["infra/generator/tests/agreement.rs::names_in"]}, "has no test of that name"),
            ({"tests": ["check:weather"]}, "no check that"),
            # It is there, and `make test` does not run it.
            ({"tests": ["check:bootstraps"]}, "no check that"),
            ({"code": ["shared/src/gone.rs"]}, "no such file"),
            ({"resources": ["infra/stacks/data.yaml#Gone"]}, "no such resource"),
            ({"resources": ["infra/stacks/gone.yaml#Audit"]}, "no such resource"),
            ({"pci": ["13.1.1"]}, "PCI DSS has no"),
            ({"pci": ["8"]}, "PCI DSS has no"),
            ({"asvs": ["6.9"]}, "ASVS has no"),
            ({"asvs": ["18.1"]}, "ASVS has no"),
            ({"gdpr": ["100"]}, "the GDPR has no"),
            ({"pci": [], "asvs": [], "gdpr": []}, "no standard asks"),
            ({"id": self.controls[-1]["id"]}, "stands twice"),
            ({"state": "open"}, "says what is missing"),
            ({"missing": "Something."}, "says what is missing"),
            ({"state": "nearly"}, "done or open"),
        ]:
            self.assertIn(expected, self.matrix(**change), change)

    def test_columns_that_nobody_knows_are_refused(self):
        for text in ["[[control]]\nid = 'a'\nowner = 'b'\n", "[[control]]\nid = 'a'\n", "[[other]]\nid = 'a'\n[[control]]\n"]:
            with tempfile.TemporaryDirectory() as folder:
                (pathlib.Path(folder) / "infra").mkdir()
                (pathlib.Path(folder) / controls.DATA).write_text(text)
                with self.assertRaises(ValueError, msg=text):
                    controls.read(pathlib.Path(folder))

    def test_the_page_shows_what_is_open(self):
        page = controls.page(self.controls)
        open_ = [c for c in self.controls if c["state"] == "open"]
        self.assertIn(f"{len(open_)} are open", page)
        for control in open_:
            self.assertIn(control["missing"], page)
        self.assertNotEqual(page, controls.page(self.controls[1:]))

    def test_a_test_that_is_ignored_or_declared_nowhere_does_not_count(self):
        with tempfile.TemporaryDirectory() as folder:
            crate = pathlib.Path(folder) / "thing"
            (crate / "src").mkdir(parents=True)
            (crate / "Cargo.toml").write_text("")
            (crate / "src/lib.rs").write_text("mod near;\n")
            text = "#[test]\nfn runs() {}\n#[test]\n#[ignore]\nfn sleeps() {}\nfn helps() {}\n#[tokio::test(start_paused = true)]\nasync fn waits() {}\n"
            for name in ["near", "far"]:
                (crate / f"src/{name}.rs").write_text(text)
            tests = docs.Tests(pathlib.Path(folder))
            for name, expected in [("near.rs::runs", True), ("near.rs::waits", True), ("near.rs::sleeps", False), ("near.rs::helps", False),
                                   ("far.rs::runs", False)]:
                self.assertEqual(expected, tests.wrong(f"thing/src/{name}") is None, name)

    def test_faults_of_the_threat_model_are_found(self):
        def row(text):
            return next(line for line in text.splitlines() if line.startswith("| E | A caller without the right"))

        self.assertEqual("", self.model(lambda text: text + "\n"))
        for change, expected in [
            (lambda text: text.replace(row(text) + "\n", ""), "nothing about E"),
            (lambda text: text.replace("`default-deny`", "`default-allow`"), "no control default-allow"),
            (lambda text: text.replace("walls.rs::every_operation", "walls.rs::some_operation"), "has no test of that name"),
            (lambda text: text.replace("`table:Vault`", ""), "table:Vault is in the templates and in no flow"),
            (lambda text: text.replace("`schedule:SweepUnsealed`", ""), "schedule:SweepUnsealed is in the templates"),
            (lambda text: text.replace("`service:kms`", "`service:kms` `service:rds`"), "service:rds is in no template"),
            (lambda text: text.replace("open: no web ACL stands before the APIs (control waf)", " "), "has a control and a test"),
            (lambda text: text.replace("| E | A caller", "| X | A caller"), "letter of STRIDE"),
        ]:
            self.assertIn(expected, self.model(change))

    def test_a_flow_that_is_new_in_the_templates_needs_a_row(self):
        templates = copy.copy(self.templates)
        templates.files = copy.deepcopy(self.templates.files)
        resources = templates.files["infra/stacks/messaging.yaml"]
        resources["More"] = {"Type": "AWS::SQS::Queue"}
        resources["Worker"] = {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"E": {"Type": "S3"}}, "Policies": [
            {"Statement": {"Effect": "Allow", "Action": "athena:StartQueryExecution"}}]}}
        new = templates.flows() - self.templates.flows()
        self.assertEqual({"queue:More", "event:S3", "service:athena"}, new)

    def test_commands_that_are_not_there_are_found(self):
        for fine in ["make test ONLY=unit", "ledgerkeep verify audit.bundle.jsonl --key k.pem", "ledgerkeep pepper add --secret x",
                     "GET /audit/v1/entries", "DELETE /identity/v1/sessions/{session}", "A=$(aws sts get-caller-identity --query Account)",
                     "aws dynamodb delete-table --region $R --table-name t", "ledgerkeep contracts check --root .", "aws s3 sync a b"]:
            self.assertEqual([], list(self.commands.wrong(fine)), fine)
        for wrong in ["make weather", "a && make tests", "ledgerkeep repair", "ledgerkeep verify b --force", "GET /audit/v1/entry",
                      "POST /audit/v1/entries", "aws dynamodb restore-table --x", "aws dynamodb delete-table --name t", "aws weather get",
                      "aws s3 rb b", "x=$(aws kms describe-keys)", "ledgerkeep contracts check --soft", "ledgerkeep serve \\\n --sort"]:
            self.assertEqual(1, len(list(self.commands.wrong(wrong))), wrong)

    def test_code_of_a_text_is_found(self):
        self.assertEqual(["a\nb\n", "c"], docs.code("x\n```sh\na\nb\n```\ny `c` z\n"))
        found = [piece for piece in docs.code((ROOT / "infra/runbooks/restore-drill.md").read_text()) if "aws dynamodb" in piece]
        self.assertGreater(len(found), 3)

    def test_an_alarm_without_a_runbook_and_a_procedure_without_a_part_are_found(self):
        templates = copy.copy(self.templates)
        templates.files = copy.deepcopy(self.templates.files)
        alarm = next(r for r in templates.files["infra/stacks/monitoring.yaml"].values() if r["Type"] == "AWS::CloudWatch::Alarm")
        self.assertEqual([], list(docs.runbooks(ROOT, templates, self.commands)))
        alarm["Properties"]["AlarmDescription"] = {"Sub": "Runbook: ${RunbookUrl}/gone.md"}
        self.assertEqual(1, len(list(docs.runbooks(ROOT, templates, self.commands))))
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "infra/runbooks").mkdir(parents=True)
            (root / "README.md").write_text("`make weather`")
            (root / "infra/runbooks/restore-drill.md").write_text("**Detect.** `ledgerkeep repair`")
            said = " ".join(docs.runbooks(root, self.templates, self.commands))
        for expected in ["no target weather", "no `ledgerkeep repair`", "restore-drill.md: it does not say **Decide.**",
                         "secret-leak.md: it does not say **Detect.**"]:
            self.assertIn(expected, said)

    def test_what_has_not_run_is_named(self):
        wanted = {("tests/it/walls.rs", "one"), ("shared/src/rbac.rs", "two"), ("infra/generator/tests/agreement.rs", "three")}
        with tempfile.TemporaryDirectory() as folder:
            log, listed = pathlib.Path(folder) / "log", pathlib.Path(folder) / "list"
            log.write_text("test walls::one ... ok\ntest races::two ... ok\n")
            self.assertEqual(([], 1), docs.ran("e2e", log, wanted))
            log.write_text("test races::one ... ok\ntest walls::one ... FAILED\n")
            self.assertEqual((["tests/it/walls.rs::one has not run"], 1), docs.ran("e2e", log, wanted))
            case = {"ignored": False, "filter-match": {"status": "matches"}}
            suites = {"a": {"testcases": {"rbac::tests::two": case}}, "b": {"testcases": {"three": case}}}
            listed.write_text(json.dumps({"rust-suites": suites}))
            self.assertEqual(([], 2), docs.ran("unit", listed, wanted))
            suites["a"]["testcases"]["rbac::tests::two"] = {**case, "ignored": True}
            listed.write_text(json.dumps({"rust-suites": suites}))
            self.assertEqual((["shared/src/rbac.rs::two has not run"], 2), docs.ran("unit", listed, wanted))


if __name__ == "__main__":
    unittest.main()
