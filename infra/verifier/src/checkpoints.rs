//! Checks the checkpoints of a bundle, and how it ends.

use super::checker::Checker;
use super::lines::{CheckpointBody, Line, Text, hash_from_hex};
use super::report::{Finding, Kind, Report};
use super::tree::Signed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The format of a checkpoint's body.
const CHECKPOINT: &str = "ledgerkeep-checkpoint/1";

impl Checker<'_> {
    /// Checks a checkpoint line.
    pub(super) fn checkpoint(&mut self, line: &Line<'_>) {
        let (Some(Text(body)), Some(Text(signature))) = (&line.body, &line.signature) else {
            return self.say(Kind::Malformed, "a checkpoint needs body and signature");
        };
        self.report.checkpoints += 1;
        self.after_checkpoint = true;
        let parsed = CheckpointBody::parse(body);
        let signature = STANDARD.decode(signature.as_bytes()).unwrap_or_default();
        let signed = self
            .keys
            .iter()
            .any(|key| key.signed(body.as_bytes(), &signature));
        if signed {
            match &parsed {
                Err(why) => self.say(Kind::Malformed, format!("the checkpoint's body: {why}")),
                Ok((body, unknown)) => {
                    for field in unknown {
                        let name: String = field.chars().take(128).collect();
                        self.say(
                            Kind::UnknownField,
                            format!("a checkpoint's body has no field {name:?}"),
                        );
                    }
                    self.signed(body);
                }
            }
        } else {
            self.say(Kind::WronglySigned, "none of the keys signed this checkpoint");
        }
        // Whether the file goes on as it may is also asked where the closing checkpoint itself is not in order.
        let size = self.header.as_ref().map(|header| header.size);
        self.closed |= parsed.is_ok_and(|(body, _)| Some(body.size) == size);
        self.tell_compared();
    }

    /// Checks what a signed checkpoint says, and compares its root as soon as its entries are there.
    fn signed(&mut self, body: &CheckpointBody) {
        if body.format != CHECKPOINT {
            return self.say(
                Kind::UnknownFormat,
                format!("the checkpoint's format is not {CHECKPOINT}"),
            );
        }
        let time = body.time.parse::<jiff::Timestamp>();
        let (Some(root), Ok(_)) = (hash_from_hex(&body.root), time) else {
            return self.say(Kind::Malformed, "the checkpoint's root or time is not one");
        };
        if let Some(header) = &self.header {
            if body.tenant != header.tenant {
                let tenant: String = body.tenant.chars().take(128).collect();
                return self.say(
                    Kind::ForeignTenant,
                    format!("the checkpoint is of tenant {tenant:?}"),
                );
            }
            if body.region != header.region || body.shard != header.shard {
                let region: String = body.region.chars().take(128).collect();
                let detail = format!("the checkpoint is of region {region:?}, shard {}", body.shard);
                return self.say(Kind::ForeignLog, detail);
            }
            if body.size > header.size {
                let detail = format!(
                    "the checkpoint covers {} entries, the header tells of fewer",
                    body.size
                );
                return self.say(Kind::MisplacedCheckpoint, detail);
            }
        }
        match self.last {
            Some((size, last)) if size == body.size && last == root => {
                return self.say(
                    Kind::Duplicate,
                    format!("a checkpoint of {size} entries already stood before"),
                );
            }
            Some((size, _)) if size == body.size => {
                let detail = format!("two signed checkpoints of {size} entries have different roots");
                return self.say(Kind::Forked, detail);
            }
            Some((size, _)) if size > body.size => {
                let detail = format!("a checkpoint of {} entries stands after one of {size}", body.size);
                return self.say(Kind::MisplacedCheckpoint, detail);
            }
            _ => self.last = Some((body.size, root)),
        }
        if body.size < self.tree.next() {
            let last = self.tree.next() - 1;
            let detail = format!("a checkpoint of {} entries stands after entry {last}", body.size);
            return self.say(Kind::MisplacedCheckpoint, detail);
        }
        self.tree.expect(Signed {
            line: self.line,
            size: body.size,
            root,
            time: body.time.clone(),
        });
    }

    /// Tells what came of the checkpoints that were compared.
    pub(super) fn tell_compared(&mut self) {
        for compared in std::mem::take(&mut self.tree.compared) {
            let Signed {
                line,
                size,
                root,
                time,
            } = compared.checkpoint;
            let Some(other) = compared.other else {
                self.report.confirmed = size;
                self.report.time = Some(time);
                self.report.root = Some(root);
                continue;
            };
            let detail = format!(
                "the signed root is {}, that of the entries {}; they differ, or one is of a forked log",
                hex::encode(root),
                hex::encode(other)
            );
            self.tell(Finding::new(Kind::WrongRoot, line, detail).range(compared.confirmed, size));
        }
    }

    /// Says what is wrong with the end of the file, and gives the report; `error` is what ended the reading.
    pub(super) fn finish(mut self, error: Option<&std::io::Error>) -> Report {
        if let Some(late) = self.late.take() {
            self.tell(late.finding);
        }
        if self.stopped {
            return self.report;
        }
        for (index, line, id) in self.purges.unexplained() {
            let detail = "no purge in the log covers it";
            self.tell(Finding::new(Kind::UnexplainedPurge, line, detail).entry(Some(index), &id));
        }
        let size = self.header.as_ref().map(|header| header.size);
        let complete = if size.is_some() {
            self.closed
        } else {
            self.after_checkpoint
        };
        let line = self.line.max(1);
        let why = error.map(|error| format!(": {error}")).unwrap_or_default();
        if !complete {
            let wanted = size.map(|size| format!(" of {size} entries")).unwrap_or_default();
            let detail = format!("the file ends without the checkpoint{wanted}{why}");
            let end = size.unwrap_or(self.tree.next());
            self.tell(Finding::new(Kind::Truncated, line, detail).range(self.tree.confirmed(), end));
        } else if error.is_some() {
            self.tell(Finding::new(
                Kind::Malformed,
                line,
                format!("the file cannot be read on{why}"),
            ));
        }
        let missing: Vec<_> = self.tree.missing().collect();
        for (start, end, line) in missing {
            let count = end - start;
            let detail = format!(
                "{count} {} missing",
                if count == 1 { "entry is" } else { "entries are" }
            );
            self.tell(Finding::new(Kind::Missing, line, detail).range(start, end));
        }
        self.report.findings.sort_by_key(|finding| finding.line);
        self.report
    }
}
