"""Second verifier of audit bundles, written from infra/audit-bundle-format.md: verify_bundle.py BUNDLE KEY.pem..."""

import base64, gzip, hashlib, json, re, sys
from datetime import datetime
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOG = {"format": str, "tenant": str, "region": str, "shard": int, "size": int}
FIELDS = {"header": {"type": str} | LOG, "checkpoint": {"type": str, "body": str, "signature": str},
          "purged": {"type": str, "index": int, "id": str, "leaf": str},
          "entry": {"type": str, "index": int, "id": str, "leaf": str, "body": str}}
STATEMENT = LOG | {"root": str, "time": str, "key_id": str}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
HASH = re.compile("[0-9a-f]{64}")
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()


class Object(list):
    """The fields of a JSON object as (name, value), repeated names included."""

def refuse(text):
    raise ValueError(text)

def parse(text):
    value = json.loads(text, object_pairs_hook=Object, parse_constant=refuse)
    return value if isinstance(value, Object) else refuse("not an object")

def fields(pairs, wanted):
    """The wanted fields, each there once and of its type."""
    picked = [(name, value) for name, value in pairs if name in wanted]
    for name, value in picked:
        right = type(value) is wanted[name] and (wanted[name] is str or 0 <= value < 2**64)
        right and (wanted[name] is not str or value.encode()) is not None or refuse(name)
    return dict(picked) if sorted(wanted) == sorted(name for name, _ in picked) else refuse("missing or repeated")

def push(tree, leaf):
    """Adds a leaf to a tree kept as its perfect subtrees, (height, hash), from left to right."""
    node = (0, leaf)
    while tree and tree[-1][0] == node[0]:
        node = (node[0] + 1, sha256(b"\1", tree.pop()[1], node[1]))
    tree.append(node)

def root(tree):
    hashes_ = [node[1] for node in tree]
    while len(hashes_) > 1:
        hashes_[-2:] = [sha256(b"\1", *hashes_[-2:])]
    return (hashes_ or [sha256()])[0].hex()


class Verifier:
    def __init__(self, keys):
        self.keys, self.findings, self.header, self.line, self.next = keys, [], None, 0, 0
        self.trees, self.solid, self.good = ([], []), 0, 0  # over first and second choices; leaves in them; confirmed
        self.newest, self.taken = None, None  # the leaf at `solid`, while it may be contested; the last index taken
        self.leaves, self.ids, self.gaps, self.waiting = {}, {}, [], []  # gaps: [first, end, line]
        self.gone, self.below, self.size = [], "", 0  # purged entries, and what the log's purges cover
        self.run, self.last, self.closed, self.after, self.stopped = (None, None, None), (-1, None), False, False, False

    def say(self, kind, index=None, id=None, end=None, line=None):
        finding = {"kind": kind, "line": line or self.line, "index": index, "id": id, "to": None}
        if end is not None:
            finding |= {"index": index if index < end else None, "to": end - 1 if end - 1 > index else None}
        self.findings.append(finding)
        return finding

    def read(self, data):
        self.line += 1
        if len(data.rstrip(b"\n")) > 16 << 20:
            return self.say("malformed")
        unknown = set()
        try:
            pairs = parse(data.decode())
            kind, form = dict(pairs).get("type"), dict(pairs).get("format")
            if self.line == 1 and kind == "header" and type(form) is str and form != "ledgerkeep-audit-bundle/1":
                self.stopped = True
                return self.say("unknown-format")
            wanted = FIELDS[kind if type(kind) is str else refuse("type")]
            unknown = {name for name, _ in pairs} - set(wanted)
            line = fields(pairs, wanted)
        except (ValueError, KeyError, RecursionError):
            if data.endswith(b"\n") or self.closed:
                self.say("malformed")
        else:
            if self.line == 1 and kind != "header" or self.line != 1 and kind == "header":
                self.say("malformed")
            elif kind == "header":
                self.header = line
            self.after = kind == "checkpoint"
            {"header": lambda _: None, "entry": self.entry, "purged": self.purged, "checkpoint": self.checkpoint}[kind](line)
        for _ in unknown:
            self.say("unknown-field")

    def entry(self, line):
        index, id, body = line["index"], line["id"], line["body"]
        if not HASH.fullmatch(line["leaf"]):
            return self.say("malformed", index, id)
        leaf = (bytes.fromhex(line["leaf"]), sha256(b"\0", body.encode()))
        if leaf[0] != leaf[1]:
            self.say("altered", index, id)
        try:
            inner = fields(parse(body), {"id": str, "tenant": str})
            if inner["id"] != id:
                self.say("id-mismatch", index, id)
            if self.header and inner["tenant"] != self.header["tenant"]:
                self.say("foreign-tenant", index, id)
        except (ValueError, RecursionError):
            self.say("malformed", index, id)
        if leaf[0] == leaf[1] and "audit.create_purge" in body:
            self.explain(body)
        self.place(index, id, leaf)

    def explain(self, body):
        """Takes note of a purge that the log holds."""
        try:
            body = json.loads(body)
            purge = body["details"]["after"]
            if (body["activity"], body["outcome"]) == ("audit.create_purge", "succeeded"):
                if type(purge["below"]) is str and type(purge["size"]) is int and purge["size"] >= 0:
                    self.below, self.size = max(self.below, purge["below"]), max(self.size, purge["size"])
        except (ValueError, KeyError, TypeError, RecursionError):
            pass

    def purged(self, line):
        if not HASH.fullmatch(line["leaf"]):
            return self.say("malformed", line["index"], line["id"])
        self.gone.append((line["index"], line["id"], self.line))
        self.place(line["index"], line["id"], (bytes.fromhex(line["leaf"]),) * 2)

    def place(self, index, id, leaf):
        gap = next((gap for gap in self.gaps if gap[0] <= index < gap[1]), None)
        if self.closed:
            self.say("after-last-checkpoint", index, id)
            if not gap:
                return
        elif self.header and index >= self.header["size"]:
            return self.say("added", index, id)
        elif gap:
            if self.run[:2] == (index - 1, self.line - 1):
                self.run[2]["to"] = index
            else:
                self.run = (0, 0, self.say("reordered", index, id))
            self.run = (index, self.line, self.run[2])
        elif index < self.next:
            if self.newest and self.solid == self.taken == index:
                self.newest = (self.newest[0], leaf[0])
            return self.say("duplicate" if self.ids.get(id) == index else "added", index, id)
        if gap:
            halves = [gap[0], index, gap[2]], [index + 1, gap[1], gap[2]]
            self.gaps = [g for g in self.gaps if g is not gap] + [half for half in halves if half[0] < half[1]]
        else:
            self.reach(index)
            self.next = index + 1
        if self.ids.setdefault(id, index) != index and not self.closed:
            self.say("duplicate", index, id)
        self.leaves[index], self.taken = leaf, index
        self.settle()

    def reach(self, index):
        if index > self.next:
            self.gaps.append([self.next, index, self.line])
            self.next = index

    def checkpoint(self, line):
        body, unknown = None, set()
        try:
            pairs = parse(line["body"])
            unknown, body = {name for name, _ in pairs} - set(STATEMENT), fields(pairs, STATEMENT)
        except (ValueError, RecursionError):
            pass
        fault = "wrongly-signed" if not self.signed(line) else "malformed" if body is None else None
        if not fault:
            for _ in unknown:
                self.say("unknown-field")
            fault = self.fault(body)
        if fault:
            self.say(fault)
        else:
            self.reach(body["size"])
            self.waiting.append((self.line, body["size"], body["root"]))
        self.closed |= bool(body and self.header and body["size"] == self.header["size"])
        self.settle()

    def signed(self, line):
        for key in self.keys:
            try:
                signature = base64.b64decode(line["signature"], validate=True)
                key.verify(signature, line["body"].encode(), ec.ECDSA(hashes.SHA256()))
                return base64.b64encode(signature).decode() == line["signature"]
            except (InvalidSignature, ValueError):
                pass
        return False

    def fault(self, body):
        if body["format"] != "ledgerkeep-checkpoint/1":
            return "unknown-format"
        try:
            datetime.fromisoformat(body["time"]) if TIME.fullmatch(body["time"]) else refuse("time")
        except ValueError:
            return "malformed"
        if not HASH.fullmatch(body["root"]):
            return "malformed"
        if self.header and body["tenant"] != self.header["tenant"]:
            return "foreign-tenant"
        if self.header and (body["region"], body["shard"]) != (self.header["region"], self.header["shard"]):
            return "foreign-log"
        if self.header and body["size"] > self.header["size"] or body["size"] < self.last[0]:
            return "misplaced-checkpoint"
        if body["size"] == self.last[0]:
            return "duplicate" if body["root"] == self.last[1] else "forked"
        self.last = (body["size"], body["root"])
        return "misplaced-checkpoint" if body["size"] < self.next else None

    def settle(self):
        """Moves leaves into the trees as far as none is missing, and compares the checkpoints on the way."""
        while True:
            size = self.solid + (self.newest is not None)
            if self.waiting and self.waiting[0][1] == size:
                self.grow()
                self.compare(*self.waiting.pop(0))
            elif size in self.leaves:
                self.grow()
                self.newest = self.leaves.pop(size)
            else:
                return

    def grow(self):
        if self.newest:
            for tree, leaf in zip(self.trees, self.newest):
                push(tree, leaf)
            self.newest, self.solid = None, self.solid + 1

    def compare(self, line, size, wanted):
        right = next((tree for tree in self.trees if root(tree) == wanted), None)
        if right is None:
            self.say("wrong-root", self.good, end=size, line=line)
        else:
            self.trees, self.good = (list(right), list(right)), size

    def finish(self):
        if not self.stopped:
            if not (self.closed if self.header else self.after):
                end = self.header["size"] if self.header else self.next
                self.say("truncated", self.good, end=end, line=max(1, self.line))
            for index, id, line in self.gone:
                if id >= self.below or index >= self.size:
                    self.say("unexplained-purge", index, id, line=line)
            for first, end, line in self.gaps:
                self.say("missing", first, end=end, line=line)
        return sorted(self.findings, key=lambda finding: finding["line"])


def verify(path, keys):
    verifier = Verifier(keys)
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        for data in gzip.open(path) if packed else open(path, "rb"):
            if verifier.stopped:
                break
            verifier.read(data)
    except (OSError, EOFError):
        if verifier.closed:
            verifier.say("malformed")
    return verifier.finish(), verifier.good


if __name__ == "__main__":
    findings, confirmed = verify(sys.argv[1], [serialization.load_pem_public_key(open(p, "rb").read()) for p in sys.argv[2:]])
    for finding in findings:
        print(json.dumps(finding))
    print(f"{confirmed} entries confirmed:", "NOT CLEAN" if findings else "CLEAN")
    sys.exit(bool(findings))
