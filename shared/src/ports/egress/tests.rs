//! Outbound requests against notations of URLs and against a local server that misbehaves.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use super::*;

const BODY: &[u8] = b"{\"event\":1}";

#[test]
fn urls_that_are_refused() {
    use EgressError::*;
    for (url, expected) in [
        ("", Malformed),
        ("example.com", Malformed),
        ("/hook", Malformed),
        ("https://", Malformed),
        ("https://:443/", Malformed),
        ("https://a b/", Malformed),
        ("https://example.com:65536/", Malformed),
        ("https://256.1.1.1/", Malformed),
        ("https://1.2.3.4.5/", Malformed),
        ("https://[::1/", Malformed),
        ("https://[::1]./", Malformed),
        ("https://[fe80::1%25eth0]/", Malformed),
        ("http://example.com/", NotHttps),
        ("http://169.254.169.254/latest/meta-data/", NotHttps),
        ("file:///etc/passwd", NotHttps),
        ("ftp://example.com/", NotHttps),
        ("gopher://example.com/", NotHttps),
        ("data:text/plain,x", NotHttps),
        ("javascript:alert(1)", NotHttps),
        ("https://user@example.com/", Credentials),
        ("https://user:password@example.com/", Credentials),
        ("https://:password@example.com/", Credentials),
        ("https://example.com@127.0.0.1/", Credentials),
        ("https://example.com/#top", Fragment),
        ("https://example.com/#", Fragment),
        ("https://127.0.0.1/", Refused),
        ("https://127.0.0.1./", Refused),
        ("https://127.0.0.1:8443/", Refused),
        ("https:\\\\127.0.0.1\\", Refused),
        ("https:127.0.0.1", Refused),
        (" https://127.0.0.1/ ", Refused),
        ("HTTPS://127.0.0.1/", Refused),
        ("ht\ntps://127.0.0.1/", Refused),
        ("https://127.1/", Refused),
        ("https://127.0.1/", Refused),
        ("https://2130706433/", Refused),
        ("https://2130706433./", Refused),
        ("https://0x7f000001/", Refused),
        ("https://0x7f.0.0.1/", Refused),
        ("https://0x7F.1/", Refused),
        ("https://017700000001/", Refused),
        ("https://0177.0.0.1/", Refused),
        ("https://0177.0x0.0.01/", Refused),
        ("https://%31%32%37.0.0.1/", Refused),
        ("https://127。0。0。1/", Refused),
        ("https://１２７.0.0.1/", Refused),
        ("https://①②⑦.⓪.⓪.①/", Refused),
        ("https://0/", Refused),
        ("https://0.0.0.0/", Refused),
        ("https://10.0.0.1/", Refused),
        ("https://10.1/", Refused),
        ("https://012.0.0.1/", Refused),
        ("https://100.64.0.1/", Refused),
        ("https://169.254.169.254/", Refused),
        ("https://2852039166/", Refused),
        ("https://0xa9fea9fe/", Refused),
        ("https://0251.0376.0251.0376/", Refused),
        ("https://192.168.1.1/", Refused),
        ("https://0xc0a80101/", Refused),
        ("https://255.255.255.255/", Refused),
        ("https://4294967295/", Refused),
        ("https://[::]/", Refused),
        ("https://[::1]/", Refused),
        ("https://[0:0:0:0:0:0:0:1]/", Refused),
        ("https://[::127.0.0.1]/", Refused),
        ("https://[::ffff:10.0.0.1]/", Refused),
        ("https://[::ffff:a00:1]/", Refused),
        ("https://[0:0:0:0:0:FFFF:7f00:1]/", Refused),
        ("https://[64:ff9b::169.254.169.254]/", Refused),
        ("https://[2002:7f00:1::]/", Refused),
        ("https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", Refused),
        ("https://[fd00:ec2::254]/", Refused),
        ("https://[fe80::1]/", Refused),
        ("https://localhost/", Refused),
        ("https://LocalHost./", Refused),
        ("https://hooks.localhost/", Refused),
        ("https://loc%61lhost/", Refused),
    ] {
        assert_eq!(check_url(url, &EgressPolicy::default()), Err(expected), "{url:?}");
    }
}

#[test]
fn urls_that_are_accepted() {
    for (url, normalised) in [
        ("https://example.com", "https://example.com/"),
        ("https://example.com./hook", "https://example.com./hook"),
        (
            "https://example.com:8443/hook?a=b",
            "https://example.com:8443/hook?a=b",
        ),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://134744072/", "https://8.8.8.8/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://localhost.example/", "https://localhost.example/"),
    ] {
        assert_eq!(
            check_url(url, &EgressPolicy::default())
                .map(String::from)
                .as_deref(),
            Ok(normalised)
        );
    }
    let local = EgressPolicy {
        allow: loopback(),
        ..EgressPolicy::default()
    };
    for url in ["https://127.1/", "https://localhost/"] {
        assert!(check_url(url, &local).is_ok());
        assert_eq!(check_url("https://10.0.0.1/", &local), Err(EgressError::Refused));
    }
}

fn loopback() -> Vec<IpNet> {
    vec!["127.0.0.0/8".parse().unwrap()]
}

type Answer = fn(&mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<()>;

struct Server {
    port: u16,
    root: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: Answer) -> Self {
        let made =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "hooks.test".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = config
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            root: made.cert.pem(),
            requests: Arc::clone(&requests),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
                let mut request = Vec::new();
                while !request.ends_with(BODY) {
                    let mut part = [0; 1024];
                    match tls.read(&mut part) {
                        Ok(read @ 1..) => request.extend_from_slice(&part[..read]),
                        _ => break,
                    }
                }
                if request.starts_with(b"POST /hook HTTP/1.1\r\n") {
                    requests.fetch_add(1, Ordering::SeqCst);
                    let _ = answer(&mut tls);
                    tls.conn.send_close_notify();
                    let _ = tls.flush();
                }
            }
        });
        server
    }

    fn policy(&self, allow: Vec<IpNet>) -> EgressPolicy {
        EgressPolicy {
            allow,
            extra_roots_pem: Some(self.root.clone()),
            timeout: Duration::from_secs(5),
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    async fn post(&self, egress: &Egress, host: &str) -> Result<EgressAnswer, EgressError> {
        let url = Url::parse(&format!("https://{host}:{}/hook", self.port)).unwrap();
        egress.post(&url, HeaderMap::new(), BODY.to_vec()).await
    }
}

fn ok(to: &mut StreamOwned<ServerConnection, TcpStream>) -> io::Result<()> {
    to.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\nfine")
}

#[tokio::test]
async fn an_allowed_server_answers() {
    let server = Server::start(ok);
    let egress = Egress::new(server.policy(loopback())).unwrap();
    for requests in 1..=2 {
        let answer = server.post(&egress, "127.0.0.1").await.unwrap();
        assert_eq!(
            answer,
            EgressAnswer {
                status: 201,
                body: b"fine".to_vec()
            }
        );
        assert_eq!(server.requests(), requests);
    }
    let named = Egress::with_lookup(server.policy(loopback()), |_| {
        Ok(vec![([127, 0, 0, 1], 0).into()])
    })
    .unwrap();
    assert_eq!(server.post(&named, "hooks.test").await.unwrap().status, 201);
    assert_eq!(server.post(&named, "other.test").await, Err(EgressError::Tls));
}

#[tokio::test]
async fn the_address_is_checked_when_the_connection_is_made() {
    let server = Server::start(ok);
    let egress = Egress::new(server.policy(Vec::new())).unwrap();
    assert_eq!(server.post(&egress, "127.0.0.1").await, Err(EgressError::Refused));
    for (lookup, expected) in [
        (
            (|_| Ok(vec![([127, 0, 0, 1], 0).into()])) as Lookup,
            EgressError::Refused,
        ),
        (
            |_| Ok(vec![([8, 8, 8, 8], 0).into(), ([127, 0, 0, 1], 0).into()]),
            EgressError::Refused,
        ),
        (
            |_| Ok(vec![([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], 0).into()]),
            EgressError::Refused,
        ),
        (|_| Ok(Vec::new()), EgressError::Unresolvable),
        (|_| Err(io::ErrorKind::NotFound.into()), EgressError::Unresolvable),
    ] {
        let egress = Egress::with_lookup(server.policy(Vec::new()), lookup).unwrap();
        let refused = server.post(&egress, "hooks.test").await.unwrap_err();
        assert_eq!(refused, expected);
        assert_eq!(refused.to_string(), "the host has no public address");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn an_unknown_certificate_is_refused() {
    let server = Server::start(ok);
    let other = Server::start(ok);
    let egress = Egress::new(other.policy(loopback())).unwrap();
    assert_eq!(server.post(&egress, "127.0.0.1").await, Err(EgressError::Tls));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Server::start(|to| {
        to.write_all(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: /hook\r\ncontent-length: 0\r\n\r\n")
    });
    let egress = Egress::new(server.policy(loopback())).unwrap();
    assert_eq!(
        server.post(&egress, "127.0.0.1").await,
        Ok(EgressAnswer {
            status: 307,
            body: Vec::new()
        })
    );
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let server = Server::start(|to| {
        to.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            to.write_all(b"400\r\n")?;
            to.write_all(&[b'a'; 0x400])?;
            to.write_all(b"\r\n")?;
        }
    });
    let egress = Egress::new(server.policy(loopback())).unwrap();
    let answer = server.post(&egress, "127.0.0.1").await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, ANSWER_LIMIT));
}

#[tokio::test]
async fn a_slow_or_broken_answer_is_an_error() {
    let mute: Answer = |to| io::copy(to, &mut io::sink()).map(drop);
    let stuck: Answer = |to| {
        to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na")?;
        io::copy(to, &mut io::sink()).map(drop)
    };
    let short: Answer = |to| to.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na");
    let garbage: Answer = |to| to.write_all(b"220 smtp ready\r\n\r\n");
    for (answer, expected) in [
        (mute, EgressError::Timeout),
        (stuck, EgressError::Timeout),
        (short, EgressError::Connection),
        (garbage, EgressError::Connection),
    ] {
        let server = Server::start(answer);
        let timeout = Duration::from_millis(if expected == EgressError::Timeout {
            400
        } else {
            5_000
        });
        let egress = Egress::new(EgressPolicy {
            timeout,
            ..server.policy(loopback())
        })
        .unwrap();
        assert_eq!(server.post(&egress, "127.0.0.1").await, Err(expected));
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn a_closed_port_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let egress = Egress::new(EgressPolicy {
        allow: loopback(),
        ..EgressPolicy::default()
    })
    .unwrap();
    let url = Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap();
    assert_eq!(
        egress.post(&url, HeaderMap::new(), Vec::new()).await,
        Err(EgressError::Connection)
    );
}

#[test]
fn extra_certificates_must_be_readable() {
    for pem in [
        "",
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let policy = EgressPolicy {
            extra_roots_pem: Some(pem.to_owned()),
            ..EgressPolicy::default()
        };
        assert!(
            matches!(Egress::new(policy), Err(EgressError::Roots | EgressError::Client)),
            "{pem}"
        );
    }
}
