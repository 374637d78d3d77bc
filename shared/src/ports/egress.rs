//! Outbound HTTPS to addresses that tenants choose, held to the public Internet.

mod address;
#[cfg(test)]
mod tests;

use std::{
    error::Error,
    fmt, io, iter,
    net::{Ipv4Addr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use http::HeaderMap;
use ipnet::IpNet;
use reqwest::{
    Certificate, Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::{Host, Url};

use address::permitted;

/// An answer is cut here.
const ANSWER_LIMIT: usize = 64 * 1024;

/// What outbound requests may reach and how long they may take (OWASP ASVS 5.0, 1.3.6 and 13.2.4).
#[derive(Clone, Debug)]
pub struct EgressPolicy {
    /// Networks allowed beside the public Internet; empty in production.
    pub allow: Vec<IpNet>,
    /// Certificates trusted beside those of the system, in PEM (RFC 7468, section 5).
    pub extra_roots_pem: Option<String>,
    /// The time for everything from resolving the name to the last byte of the answer.
    pub timeout: Duration,
}

impl Default for EgressPolicy {
    /// The public Internet only, the system's certificates only, 10 seconds.
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            extra_roots_pem: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// Why a request was not made or brought no answer. Its text names no address and does not tell a name that is
/// refused from one that does not exist (OWASP ASVS 5.0, 16.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EgressError {
    /// Not a URL (WHATWG URL, section 4.4).
    Malformed,
    /// Another scheme than `https`.
    NotHttps,
    /// The URL holds a user name or a password.
    Credentials,
    /// The URL holds a fragment, which is never sent (RFC 9110, section 7.1).
    Fragment,
    /// The URL has no host.
    NoHost,
    /// An address of the host is not public.
    Refused,
    /// The host has no address.
    Unresolvable,
    /// The other side was not authenticated (RFC 8446, section 4.4).
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection could not be made or broke.
    Connection,
    /// The extra certificates cannot be read.
    Roots,
    /// The client could not be built.
    Client,
}

impl fmt::Display for EgressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a URL",
            Self::NotHttps => "the URL must begin with https",
            Self::Credentials => "the URL must not hold a user name or a password",
            Self::Fragment => "the URL must not hold a fragment",
            Self::NoHost => "the URL has no host",
            Self::Refused | Self::Unresolvable => "the host has no public address",
            Self::Tls => "the certificate of the host was not accepted",
            Self::Timeout => "no answer in time",
            Self::Connection => "the connection failed",
            Self::Roots => "the extra certificates cannot be read",
            Self::Client => "the client could not be built",
        })
    }
}

impl Error for EgressError {}

impl EgressError {
    /// Finds our own refusal, or the reason of TLS, among the causes of the client's error.
    fn of(error: &reqwest::Error) -> Self {
        let first: &(dyn Error + 'static) = error;
        // `source` of an I/O error passes over the error within.
        let causes = iter::successors(Some(first), |&cause| {
            match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(within) => Some(within),
                None => cause.source(),
            }
        });
        for cause in causes.take(16) {
            if let Some(own) = cause.downcast_ref::<Self>() {
                return *own;
            }
            if cause.is::<rustls::Error>() {
                return Self::Tls;
            }
        }
        if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Connection
        }
    }
}

/// What the other side answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressAnswer {
    /// The status code (RFC 9110, section 15); a redirect is an answer like any other.
    pub status: u16,
    /// The content, cut at 64 KiB.
    pub body: Vec<u8>,
}

/// An HTTPS client that follows no redirect, uses no proxy, keeps no cookie and no connection, and connects to public
/// addresses only (OWASP Server-Side Request Forgery Prevention Cheat Sheet, case 2).
#[derive(Clone, Debug)]
pub struct Egress {
    client: Client,
    allow: Arc<[IpNet]>,
}

impl Egress {
    /// A client for a policy. It reads the system's certificates and so is made once, not for every request.
    pub fn new(policy: EgressPolicy) -> Result<Self, EgressError> {
        Self::with_lookup(policy, |host| Ok((host, 0).to_socket_addrs()?.collect()))
    }

    fn with_lookup(policy: EgressPolicy, lookup: Lookup) -> Result<Self, EgressError> {
        // The client takes the provider of the process; one that is already installed stays.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let allow: Arc<[IpNet]> = policy.allow.into();
        let mut builder = Client::builder()
            .https_only(true)
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(policy.timeout)
            .dns_resolver(Guard {
                allow: Arc::clone(&allow),
                lookup,
            });
        if let Some(pem) = policy.extra_roots_pem {
            let roots = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| EgressError::Roots)?;
            if roots.is_empty() {
                return Err(EgressError::Roots);
            }
            builder = builder.tls_certs_merge(roots);
        }
        Ok(Self {
            client: builder.build().map_err(|_| EgressError::Client)?,
            allow,
        })
    }

    /// Sends a `POST` (RFC 9110, section 9.3.3) and waits for the answer. The URL is checked again, since an address
    /// in it never reaches the resolver.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<EgressAnswer, EgressError> {
        check(url, &self.allow)?;
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let mut response = request.send().await.map_err(|error| EgressError::of(&error))?;
        let mut answer = EgressAnswer {
            status: response.status().as_u16(),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| EgressError::of(&error))? {
            let room = ANSWER_LIMIT.saturating_sub(answer.body.len());
            answer.body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if answer.body.len() >= ANSWER_LIMIT {
                break;
            }
        }
        Ok(answer)
    }
}

/// Parses and checks a URL when it is stored (WHATWG URL, sections 3.5 and 4.4: every notation of an IP address is
/// normalised before it is checked). Names are resolved and checked when a connection is made, never here.
pub fn check_url(url: &str, policy: &EgressPolicy) -> Result<Url, EgressError> {
    let url = Url::parse(url).map_err(|_| EgressError::Malformed)?;
    check(&url, &policy.allow)?;
    Ok(url)
}

fn check(url: &Url, allow: &[IpNet]) -> Result<(), EgressError> {
    if url.scheme() != "https" {
        return Err(EgressError::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EgressError::Credentials);
    }
    if url.fragment().is_some() {
        return Err(EgressError::Fragment);
    }
    let literal = match url.host().ok_or(EgressError::NoHost)? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(name) => is_localhost(name).then_some(Ipv4Addr::LOCALHOST.into()),
    };
    match literal {
        Some(ip) if !permitted(ip, allow) => Err(EgressError::Refused),
        _ => Ok(()),
    }
}

/// Names that mean this machine without asking anyone (RFC 6761, section 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// Resolves a name for one connection and refuses it whole if any of its addresses is not permitted, so that a name
/// that changes between check and connection gains nothing.
struct Guard {
    allow: Arc<[IpNet]>,
    lookup: Lookup,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, lookup) = (Arc::clone(&self.allow), self.lookup);
        Box::pin(async move {
            let found = tokio::task::spawn_blocking(move || lookup(name.as_str())).await;
            let found = found.ok().and_then(Result::ok).unwrap_or_default();
            if found.is_empty() {
                return Err(EgressError::Unresolvable.into());
            }
            if found.iter().any(|address| !permitted(address.ip(), &allow)) {
                return Err(EgressError::Refused.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
