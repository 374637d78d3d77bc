//! Tests of the verifier: clean bundles, every kind of tampering, every single byte.

mod cases;
mod file_cases;

use super::report::Kind;
use super::sample::{Signer, body, check, joined, lines, root, usual};
use super::*;
use cases::{Case, cases};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read;

type Place = (Kind, u64, Option<u64>, Option<u64>);

fn places(report: &Report) -> Vec<Place> {
    report
        .findings
        .iter()
        .map(|finding| (finding.kind, finding.line, finding.index, finding.to))
        .collect()
}

#[test]
fn a_clean_bundle() {
    let signer = Signer::generate();
    let calls = Cell::new(0);
    let report = verify(&*joined(&usual(&signer)), &[signer.key()], &|entries| {
        calls.set(entries)
    });
    assert!(report.clean(), "{report}");
    assert_eq!(
        (report.entries, report.checkpoints, report.confirmed),
        (12, 3, 12)
    );
    assert_eq!((report.root, calls.get()), (Some(root(12)), 12));
    assert!(report.to_string().ends_with("CLEAN"));
}

#[test]
fn empty_large_and_unterminated_logs_are_clean() {
    let signer = Signer::generate();
    assert!(check(&signer, &joined(&lines(&signer, &[], &[0]))).clean());
    let bodies: Vec<_> = (0..3000).map(body).collect();
    let large = joined(&lines(&signer, &bodies, &[1, 256, 257, 2999, 3000]));
    assert!(check(&signer, &large).clean());
    assert!(check(&signer, large.trim_ascii_end()).clean());
}

#[test]
fn every_kind_of_tampering_is_named() {
    let signer = Signer::generate();
    let cases = cases(&signer);
    let mut kinds = BTreeSet::new();
    for Case {
        name,
        bundle,
        wanted,
        confirmed,
    } in &cases
    {
        let report = check(&signer, bundle);
        assert_eq!(&places(&report), wanted, "{name}: {report}");
        assert_eq!(report.confirmed, *confirmed, "{name}: {report}");
        kinds.extend(report.findings.iter().map(|finding| finding.kind));
    }
    assert!(
        cases.len() >= 50 && kinds.len() == 18,
        "{} cases, {kinds:?}",
        cases.len()
    );
    assert_eq!(
        cases.iter().map(|case| &case.name).collect::<BTreeSet<_>>().len(),
        cases.len()
    );
}

#[test]
fn every_single_byte_counts() {
    let signer = Signer::generate();
    let bodies: Vec<_> = (0..2).map(body).collect();
    let clean = joined(&lines(&signer, &bodies, &[1, 2]));
    assert!(check(&signer, &clean).clean());
    // The last line feed may be missing.
    for at in 0..clean.len() - 1 {
        for change in [1, 0x20] {
            let mut bundle = clean.clone();
            bundle[at] ^= change;
            assert!(
                !check(&signer, &bundle).clean(),
                "byte {at}: {}",
                String::from_utf8_lossy(&bundle)
            );
        }
        assert!(
            at == clean.len() - 2 || !check(&signer, &clean[..at]).clean(),
            "cut at {at}"
        );
    }
}

#[test]
fn keys_are_read_from_pem_and_der() {
    let (old, new) = (Signer::generate(), Signer::generate());
    assert_eq!(PublicKey::from_file(&old.der()).unwrap().len(), 1);
    let both = PublicKey::from_file((old.pem() + "\n" + &new.pem()).as_bytes()).unwrap();
    let mut bundle = usual(&old);
    bundle[15] = usual(&new).remove(15);
    assert!(verify(&*joined(&bundle), &both, &|_| {}).clean());
    for bad in [
        &b""[..],
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n",
        &old.der()[26..],
    ] {
        assert!(PublicKey::from_file(bad).is_err());
    }
    assert!(PublicKey::from_file(old.pem().replace("MFkw", "MFkx").as_bytes()).is_err());
}

#[test]
fn findings_are_bounded_and_shown_harmlessly() {
    let signer = Signer::generate();
    let mut bundle = usual(&signer);
    bundle.extend(std::iter::repeat_n("\u{1b}[2J".to_owned(), 5000));
    let report = check(&signer, &joined(&bundle));
    assert_eq!(
        (report.findings.len(), report.omitted, report.confirmed),
        (1000, 4000, 12)
    );
    let mut bundle = usual(&signer);
    bundle[1] = bundle[1].replacen("\"id\":\"aud_", "\"id\":\"\\u001b[2J", 1);
    let report = check(&signer, &joined(&bundle));
    assert_eq!(places(&report), vec![(Kind::IdMismatch, 2, Some(0), None)]);
    assert!(!report.to_string().contains('\u{1b}'), "{report}");
    assert!(report.to_string().contains("line 2, entry 0 ("), "{report}");
}

#[test]
fn a_file_that_breaks_off_is_truncated() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    let signer = Signer::generate();
    let bytes = joined(&usual(&signer)[..9]);
    let report = verify(
        BufReader::new(bytes.as_slice().chain(Broken)),
        &[signer.key()],
        &|_| {},
    );
    assert_eq!(places(&report), vec![(Kind::Truncated, 9, Some(5), Some(11))]);
    assert!(report.findings[0].detail.ends_with(": disk"));
}

#[test]
fn the_command_reads_plain_and_compressed_files() {
    let directory = std::env::temp_dir().join(format!("ledgerkeep-verify-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let signer = Signer::generate();
    let bundle = joined(&usual(&signer));
    std::fs::write(directory.join("key.pem"), signer.pem()).unwrap();
    let answer = |name: &str, bytes: &[u8]| {
        std::fs::write(directory.join(name), bytes).unwrap();
        run(VerifyArgs {
            bundle: directory.join(name),
            keys: vec![directory.join("key.pem")],
            json: true,
        })
    };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&bundle).unwrap();
    let packed = packer.finish().unwrap();
    assert_eq!(answer("plain.jsonl", &bundle), Ok(true));
    assert_eq!(answer("packed.jsonl.gz", &packed), Ok(true));
    assert_eq!(answer("cut.jsonl.gz", &packed[..packed.len() - 200]), Ok(false));
    assert!(
        run(VerifyArgs {
            bundle: directory.join("none"),
            keys: vec![],
            json: false
        })
        .is_err()
    );
    std::fs::remove_dir_all(directory).unwrap();
}

/// Writes all cases, their reports and the key to the directory that `LEDGERKEEP_BUNDLES` names, for the second verifier.
#[test]
fn cases_for_the_second_verifier() {
    let Some(directory) = std::env::var_os("LEDGERKEEP_BUNDLES").map(PathBuf::from) else {
        return;
    };
    let signer = Signer::generate();
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("key.pem"), signer.pem()).unwrap();
    let mut all: Vec<(String, Vec<u8>)> = cases(&signer)
        .into_iter()
        .map(|case| (case.name.to_owned(), case.bundle))
        .collect();
    all.push(("clean".to_owned(), joined(&usual(&signer))));
    all.extend((0..400).map(|seed| (format!("random-{seed}"), cases::random(&signer, seed))));
    for (name, bundle) in all {
        let report = serde_json::to_string(&check(&signer, &bundle)).unwrap();
        std::fs::write(directory.join(format!("{name}.jsonl")), bundle).unwrap();
        std::fs::write(directory.join(format!("{name}.report.json")), report).unwrap();
    }
}
