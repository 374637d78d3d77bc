//! A receiver of webhooks: HTTPS on localhost with a certificate of the platform's own authority.

use super::{Platform, time::Since};
use http::{HeaderMap, HeaderName, HeaderValue};
use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::Value;
use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

/// One request as it came.
#[derive(Clone)]
pub struct Received {
    /// Its first line.
    pub line: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// When it came, from the receiver's start.
    pub at: Duration,
}

impl Received {
    /// The event.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an event is JSON")
    }
}

/// What came so far.
type Seen = Arc<Mutex<Vec<Received>>>;

/// A receiver that answers by a script.
pub struct Receiver {
    /// Its port on localhost.
    pub port: u16,
    seen: Seen,
}

impl Receiver {
    /// Starts one; `script` gives the status of the n-th answer, counted from 0, and the headers that go with it.
    pub async fn start(
        platform: &Platform,
        script: impl Fn(usize) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::answering(platform, move |n| (script(n), String::new())).await
    }

    /// As above, with a body beside the status.
    pub async fn answering(
        platform: &Platform,
        script: impl Fn(usize) -> (String, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (acceptor, seen, script) = (acceptor(platform), Seen::default(), Arc::new(script));
        let began = Since::now();
        let receiver = Self {
            port,
            seen: seen.clone(),
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen, script) = (acceptor.clone(), seen.clone(), script.clone());
                tokio::spawn(async move { serve(stream, acceptor, &seen, &*script, began).await });
            }
        });
        receiver
    }

    /// Where events are to be sent.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/hooks", self.port)
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<Received> {
        self.seen.lock().expect("what came").clone()
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    seen: &Seen,
    script: &(dyn Fn(usize) -> (String, String) + Send + Sync),
    began: Since,
) -> Option<()> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let (mut bytes, mut part) = (Vec::new(), [0; 8192]);
    let (head, length) = loop {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        bytes.drain(..end + 4);
        break (head, length.unwrap_or(0));
    };
    while bytes.len() < length {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
    }
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((
            name.trim().parse::<HeaderName>().ok()?,
            value.trim().parse::<HeaderValue>().ok()?,
        ))
    });
    let received = Received {
        line,
        headers: headers.collect(),
        body: bytes,
        at: began.elapsed(),
    };
    let number = {
        let mut seen = seen.lock().expect("what came");
        seen.push(received);
        seen.len() - 1
    };
    let (status, body) = script(number);
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

fn acceptor(platform: &Platform) -> TlsAcceptor {
    let read =
        |name: &str| fs::read_to_string(platform.dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.distinguished_name = DistinguishedName::new();
    authority
        .distinguished_name
        .push(DnType::CommonName, common_name(&read("ca.pem")));
    let authority = Issuer::new(
        authority,
        KeyPair::from_pem(&read("ca-key.pem")).expect("the authority's key"),
    );
    let key = KeyPair::generate().expect("a key");
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let certificate = CertificateParams::new(names)
        .expect("parameters")
        .signed_by(&key, &authority)
        .expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let chain = vec![certificate.der().clone()];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
    let config = builder
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.expect("a TLS configuration")))
}

/// The common name of a certificate that is named by nothing else: the value after its object identifier 2.5.4.3.
fn common_name(pem: &str) -> String {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("the authority's certificate");
    let identifier = [6, 3, 0x55, 4, 3];
    let at = certificate
        .windows(5)
        .position(|five| five == identifier)
        .expect("a common name")
        + 5;
    let length = usize::from(certificate[at + 1]);
    String::from_utf8(certificate[at + 2..at + 2 + length].to_vec()).expect("a common name in UTF-8")
}
