//! `ledgerkeep open-archive`: opens the copy of an access request, for whoever was given it (`infra/subject-archive-format.md`).

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use console::say;
use serde_json::Value;
use shared::crypto::formats::lp_list;
use std::{
    io::Write,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The format that is opened.
const FORMAT: &str = "ledgerkeep-subject-archive/1";
/// Bytes of a nonce.
const NONCE: usize = 12;

/// `ledgerkeep open-archive`.
#[derive(clap::Args, Debug, Clone)]
pub struct OpenArchiveArgs {
    /// The answer of `GET /privacy/v1/requests/{id}`
    pub request: PathBuf,
    /// Its parts in order: answers of `GET /privacy/v1/requests/{id}?part=N`, or the bytes in them
    #[arg(required = true)]
    pub parts: Vec<PathBuf>,
    /// A file with the key: the answer that told it, or the key alone
    #[arg(long)]
    pub key_file: PathBuf,
    /// The public key of the platform's checkpoints, which signed the archive
    #[arg(long)]
    pub signer: Option<PathBuf>,
    /// Where `data.json` and `page.html` are written
    #[arg(long, default_value = ".")]
    pub out: PathBuf,
}

/// What a request says of its archive.
struct Told {
    id: String,
    parts: usize,
    manifest: String,
    signature: Vec<u8>,
}

impl Told {
    fn of(answer: &Value) -> Result<Self, String> {
        let text = |at: &str| {
            let found = answer.pointer(at).and_then(Value::as_str).map(str::to_owned);
            found.ok_or_else(|| format!("the request says nothing at {at}: is its archive ready?"))
        };
        let parts = answer.pointer("/request/archive/parts").and_then(Value::as_u64);
        let signature = text("/request/archive/signature")?;
        Ok(Self {
            id: text("/request/id")?,
            parts: parts
                .and_then(|n| usize::try_from(n).ok())
                .ok_or("the request does not say how many parts there are")?,
            manifest: text("/request/archive/manifest")?,
            signature: STANDARD
                .decode(signature)
                .map_err(|_| "the signature is not base64")?,
        })
    }
}

/// Opens an archive and holds it against its manifest.
fn open(told: &Told, key: &[u8], parts: &[Vec<u8>]) -> Result<Zeroizing<Vec<u8>>, String> {
    if parts.len() != told.parts {
        return Err(format!(
            "{} parts were given, and there are {}",
            parts.len(),
            told.parts
        ));
    }
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| "the key has not 32 bytes")?;
    let key = LessSafeKey::new(key);
    let count = u32::try_from(parts.len()).map_err(|_| "there are too many parts")?;
    let mut whole = Zeroizing::new(Vec::new());
    for (part, number) in parts.iter().zip(0u32..) {
        let place = lp_list(&[
            FORMAT.as_bytes(),
            told.id.as_bytes(),
            &number.to_be_bytes(),
            &count.to_be_bytes(),
        ]);
        let place = place.map_err(|e| e.to_string())?;
        let wrong = || format!("part {number} does not open: another key, another part or another order");
        let (nonce, body) = part.split_at_checked(NONCE).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain = key
            .open_in_place(nonce, Aad::from(place), &mut body)
            .map_err(|_| wrong())?;
        whole.extend_from_slice(plain);
    }
    let lines: Vec<&str> = told.manifest.lines().collect();
    let hash = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
    let (of_whole, of_parts) = (hash(&whole), hash(&parts.concat()));
    let count = count.to_string();
    let says = [
        (0, FORMAT),
        (2, told.id.as_str()),
        (4, count.as_str()),
        (5, of_whole.as_str()),
        (6, of_parts.as_str()),
    ];
    for (line, expected) in says {
        if lines.get(line) != Some(&expected) {
            return Err(format!("line {line} of the manifest is not about this archive"));
        }
    }
    Ok(whole)
}

/// Whether a key in PEM signed the manifest.
fn signed(pem: &str, told: &Told) -> Result<(), String> {
    let inner: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD
        .decode(inner.trim())
        .map_err(|_| "the signer's key is not PEM")?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &der).map_err(|_| "the signer's key is none")?;
    key.verify_sig(told.manifest.as_bytes(), &told.signature)
        .map_err(|_| "the manifest was not signed with this key".to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn json(path: &Path) -> Result<Value, String> {
    serde_json::from_slice(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// A part: in an answer, or as it is.
fn part(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read(path)?;
    let Ok(answer) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(bytes);
    };
    let body = answer.pointer("/part/body").and_then(Value::as_str);
    let body = body.ok_or_else(|| format!("{}: an answer without a part", path.display()))?;
    STANDARD
        .decode(body)
        .map_err(|_| format!("{}: a part that is not base64", path.display()))
}

/// The key: in an answer, or as it is.
fn key(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = Zeroizing::new(String::from_utf8(read(path)?).map_err(|_| "the key is no text")?);
    let told = serde_json::from_str::<Value>(&text).ok();
    let told = told.as_ref().and_then(|t| t.get("archive_key")?.as_str());
    let bytes = STANDARD.decode(told.unwrap_or_else(|| text.trim()));
    Ok(Zeroizing::new(bytes.map_err(|_| "the key is not base64")?))
}

/// Writes a file that nobody else reads.
fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).and_then(|mut file| file.write_all(bytes));
    file.map_err(|e| format!("{}: {e}", path.display()))
}

/// Opens, checks and writes.
///
/// # Errors
/// One line that says what does not fit.
pub fn run(args: &OpenArchiveArgs) -> Result<(), String> {
    let told = Told::of(&json(&args.request)?)?;
    let parts: Vec<Vec<u8>> = args.parts.iter().map(|p| part(p)).collect::<Result<_, _>>()?;
    let whole = open(&told, &key(&args.key_file)?, &parts)?;
    if let Some(signer) = &args.signer {
        let pem = String::from_utf8(read(signer)?).map_err(|_| "the signer's key is no text")?;
        signed(&pem, &told)?;
    }
    let document: Value = serde_json::from_slice(&whole).map_err(|e| e.to_string())?;
    std::fs::create_dir_all(&args.out).map_err(|e| format!("{}: {e}", args.out.display()))?;
    write(&args.out.join("data.json"), &whole)?;
    let page = document.get("page").and_then(Value::as_str).unwrap_or_default();
    write(&args.out.join("page.html"), page.as_bytes())?;
    let proof = match args.signer {
        Some(_) => "signed by the platform",
        None => "not checked for its signature: name --signer",
    };
    say(&format!(
        "{}: whole, {proof}. To read: {}",
        told.id,
        args.out.join("page.html").display()
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        aead::RandomizedNonceKey,
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };
    use serde_json::json;

    const KEY: [u8; 32] = [7; 32];

    /// As the document says it.
    fn encrypt(id: &str, whole: &[u8]) -> Vec<Vec<u8>> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &KEY).unwrap();
        let chunks: Vec<&[u8]> = whole.chunks(262_144).collect();
        let count = u32::try_from(chunks.len()).unwrap().to_be_bytes();
        let sealed = chunks.iter().zip(0u32..).map(|(chunk, number)| {
            let place: [&[u8]; 4] = [FORMAT.as_bytes(), id.as_bytes(), &number.to_be_bytes(), &count];
            let lengths = place
                .iter()
                .map(|p| u16::try_from(p.len()).unwrap().to_be_bytes());
            let place: Vec<u8> = lengths.zip(place).flat_map(|(l, p)| [&l, p].concat()).collect();
            let mut body = chunk.to_vec();
            let nonce = key.seal_in_place_append_tag(Aad::from(place), &mut body).unwrap();
            [nonce.as_ref().as_slice(), &body].concat()
        });
        sealed.collect()
    }

    fn archive(id: &str, whole: &[u8]) -> (Told, Vec<Vec<u8>>, String) {
        let parts = encrypt(id, whole);
        let hash = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
        let manifest = [
            FORMAT,
            "ten_1",
            id,
            "cus_1",
            &parts.len().to_string(),
            &hash(whole),
            &hash(&parts.concat()),
            "2026-11-28T10:00:00Z",
        ]
        .join("\n");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let signature = pair.sign(&SystemRandom::new(), manifest.as_bytes()).unwrap();
        let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(
            pair.public_key(),
        );
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der.unwrap().as_ref())
        );
        let answer = json!({"request": {"id": id, "archive": {
            "parts": parts.len(), "manifest": manifest, "signature": STANDARD.encode(signature.as_ref())}}});
        (Told::of(&answer).unwrap(), parts, pem)
    }

    #[test]
    fn it_opens_with_its_key_whole_and_in_order_only() {
        let whole: Vec<u8> = (0..600_000u32).map(|n| (n % 251) as u8).collect();
        let (told, parts, pem) = archive("prq_1", &whole);
        assert_eq!(parts.len(), 3);
        assert_eq!(open(&told, &KEY, &parts).unwrap().as_slice(), whole);
        signed(&pem, &told).unwrap();
        assert!(open(&told, &[8; 32], &parts).unwrap_err().contains("part 0"));
        assert!(open(&told, &KEY, &parts[..2]).is_err());
        let turned: Vec<Vec<u8>> = parts.iter().rev().cloned().collect();
        assert!(open(&told, &KEY, &turned).is_err());
        let mut bent = parts.clone();
        bent[1][40] ^= 1;
        assert!(open(&told, &KEY, &bent).unwrap_err().contains("part 1"));
        let (other, _, stranger) = archive("prq_2", &whole);
        assert!(open(&other, &KEY, &parts).is_err(), "another request's");
        assert!(signed(&stranger, &told).is_err());
        let altered = Told {
            manifest: told.manifest.replace("cus_1", "cus_2"),
            ..told
        };
        assert!(signed(&pem, &altered).is_err());
    }
}
