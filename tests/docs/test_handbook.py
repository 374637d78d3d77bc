"""Pages of the handbook that name what is not there are found out, one planted fault at a time; and so is a block that does not run."""

import os, pathlib, sys, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "infra/tools"))
sys.path.insert(0, str(ROOT / "tests/docs"))

import docs
import handbook
import run_pages

README, INDEX, AUDIT, EXTEND = "README.md", handbook.INDEX, "infra/handbook/audit.md", handbook.EXTEND


class Handbook(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = docs.Commands(ROOT, os.environ["LEDGERKEEP"])
        cls.checks = docs.Tests(ROOT).checks()
        cls.stands = set(cls.wrong(ROOT))

    @classmethod
    def wrong(cls, root):
        return handbook.check(root, cls.commands, cls.checks, docs.code, docs.same)

    def planted(self, changes):
        """What is wrong beyond what stands when files are written anew: the text of each, or what makes it of the one that is there."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            # Everything as it is, by links, but the pages themselves, which are written to.
            for one in [*ROOT.iterdir(), *(ROOT / "infra").iterdir()]:
                if one.name not in ("README.md", "infra", "handbook", "runbooks", ".git", "target"):
                    (root / one.relative_to(ROOT)).parent.mkdir(exist_ok=True)
                    (root / one.relative_to(ROOT)).symlink_to(one)
            for one in [ROOT / "README.md", *(ROOT / "infra/handbook").rglob("*.*"), *(ROOT / "infra/runbooks").glob("*.md")]:
                copy = root / one.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(one.read_bytes())
            for name, change in changes.items():
                file = root / name
                old = file.read_text() if file.is_file() else ""
                new = change(old) if callable(change) else old + change
                self.assertNotEqual(old, new, "nothing was changed")
                file.write_text(new)
            return [wrong for wrong in self.wrong(root) if wrong not in self.stands]

    def test_pages_that_stand_say_nothing_new(self):
        self.assertEqual([], self.planted({README: "\n"}))

    def test_what_is_not_there_is_found_in_readme_and_pages(self):
        for text, expected in [
            ("[x](audit.md)", "leads nowhere"),
            ("[x](infra/handbook/audit.md#search-me)", "no such heading"),
            ("[x](infra/handbook/pictures/demo.svg#top)", "no such heading"),
            ("[x](http://example.com)", "leads nowhere"),
            ("![x](infra/handbook/pictures/gone.svg)", "leads nowhere"),
            ("`infra/gone/`", "there is no infra/gone"),
            ("`infra/tools/gone.sh x`", "there is no infra/tools/gone.sh"),
            ("`functions/<service>/src/lib.gone`", "there is no functions/*/src/lib.gone"),
            ("`infra/{tools,gone}`", "there is no infra/gone"),
            ("`make test ONLY=weather`", "no check weather"),
            ("`make test ONLY=\"unit weather\"`", "no check weather"),
            ("`make demo LINES=5`", "knows no LINES"),
            ("`call GET \"/audit/v1/entry/$X\"`", "no service answers GET /audit/v1/entry/{}"),
            ("`call DELETE \"/audit/v1/entries/$X\"`", "no service answers DELETE /audit/v1/entries/{}"),
            ("`curl $HOST/identity/v1/oauth/tokens`", "no service answers /identity/v1/oauth/tokens"),
            ("`infra/tools/bench.sh --soon`", "no option --soon"),
            ("`infra/tools/bench.sh --only weather`", "does not know weather"),
            ("`infra/tools/ledgerkeep.sh repair`", "no `ledgerkeep repair`"),
            ("`ledgerkeep rotate --scope planet --purpose pii`", "does not know planet"),
            ("`ledgerkeep-verify b --force`", "no option --force"),
        ]:
            self.assertIn(expected, " ".join(self.planted({README: f"\n{text}\n"})), text)
        for text, expected in [("`make weather`", "no target weather"), ("`ledgerkeep repair`", "no `ledgerkeep repair`"),
                               ("`GET /audit/v1/entry`", "no service answers GET"), ("```sh\nledgerkeep top --twice\n```", "no option --twice")]:
            self.assertIn(expected, " ".join(self.planted({AUDIT: f"\n{text}\n"})), text)

    def test_what_is_there_is_let_through(self):
        for text in ["[x](infra/handbook/audit.md#take-the-log-away)", "[x](https://example.com)", "`[x](gone.md)`", "```\n[x](gone.md)\n```",
                     "`infra/{tools,guard}/*.py`", "`infra/parameters/$E-<region>.json`", "`target/lambda`", "`.ledgerkeep/ca.pem`",
                     "`make test ONLY=\"unit bootstraps\"`", "`make demo ROWS=5 INPUT=x`", "`call GET \"/audit/v1/entries/$X/proof\"`",
                     "`curl \"$HOST/audit/v1/entries?limit=5\"`", "`infra/tools/bench.sh --only sign-in`", "`ledgerkeep rotate --scope tenant --purpose pii`",
                     "`tests/it/walls.rs::every_operation`"]:
            self.assertEqual([], self.planted({README: f"\n{text}\n"}), text)

    def test_tables_that_differ_from_code_are_found(self):
        for page, old, new, expected in [
            (handbook.INTEGRATE, "| `4000000200000000` |", "| `4000000200000018` |", "not in the table"),
            (handbook.INTEGRATE, "| `40000002` |", "| `40000003` |", "sandbox knows no 4000000200000000"),
            (handbook.INTEGRATE, "`malformed_json`", "`broken_json`", "no call is answered broken_json"),
            (EXTEND, "| `e2e` |", "| `weather` |", "no check weather"),
            (EXTEND, "| `e2e` |", "| e2e |", "check e2e is not in the table"),
        ]:
            self.assertIn(expected, " ".join(self.planted({page: lambda text: text.replace(old, new)})), new)

    def test_what_leads_nowhere_or_grows_is_found(self):
        for changes, expected in [
            ({"infra/handbook/cook.md": "# Cook\n"}, "cook.md is not in it"),
            ({INDEX: lambda text: text.replace("(measure.md)", "(audit.md)")}, "measure.md is not in it"),
            ({README: lambda text: text.replace("infra/handbook/README.md", "infra/handbook/audit.md")}, "does not lead to the handbook"),
            ({"infra/runbooks/errors.md": "[x](gone.md)\n"}, "errors.md: the link gone.md leads nowhere"),
            ({"infra/runbooks/flood.md": "# Flood\n"}, "flood.md is not in it"),
            ({"infra/handbook/pictures/spare.svg": "<svg/>"}, "no page shows it"),
            ({"infra/handbook/pictures/demo.svg": "x" * handbook.PICTURE_LIMIT}, "larger than"),
            ({README: "x" * handbook.README_LIMIT}, "the rest belongs into the handbook"),
        ]:
            self.assertIn(expected, " ".join(self.planted(changes)), expected)

    def test_anchors_are_those_that_github_makes(self):
        text = "# A `first` page\n## What's new, here?\n## [Link](x.md) to\n## Same\n## Same\n```\n# no heading\n```\n"
        self.assertEqual(["a-first-page", "whats-new-here", "link-to", "same", "same-1"], list(handbook.anchors(text)))

    def test_a_block_that_fails_is_named_and_what_is_only_read_is_not_run(self):
        text = "# X\n```sh\nA=5\n```\n```\nfalse\n```\n```sh\ntest $A = 5\n```\n"
        self.assertEqual([3, 9], [line for line, _ in run_pages.blocks(text)])
        with tempfile.TemporaryDirectory() as folder:
            run = lambda more: run_pages.run("x.md", text + more, folder, os.environ["PATH"])
            self.assertEqual((0, "== x.md:3\n== x.md:9\n"), run(""))
            for fault in ["false", "false | true", "echo $UNSET"]:
                status, said = run(f"```sh\n{fault}\necho on\n```\n")
                self.assertTrue(status and "== x.md:12" in said and "on\n" not in said, fault)


if __name__ == "__main__":
    unittest.main()
