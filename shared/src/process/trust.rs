//! Whom the clients of AWS trust: Amazon's own roots. Calls to anybody else ([`crate::ports::egress`]) trust the system's.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};

/// Amazon Root CA 1 to 4 and Starfield Services Root CA G2, PEM (RFC 7468).
const AMAZON: &[u8] = include_bytes!("../../roots/amazon.pem");

/// The client that all services share. `roots` is the variable `AWS_ROOTS`: `amazon`, which is also what is taken without it, or
/// `system` for the machine's own roots, which take 3 ms to read.
///
/// # Errors
/// When `roots` is neither.
pub(crate) fn client(roots: Option<&str>) -> Result<SharedHttpClient, String> {
    let store = match roots {
        None | Some("amazon") => TrustStore::empty().with_pem_certificate(AMAZON),
        Some("system") => TrustStore::default(),
        Some(_) => return Err("AWS_ROOTS is neither amazon nor system".into()),
    };
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(|e| format!("AWS_ROOTS: {e}"))?;
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::digest::{SHA256, digest};
    use rustls::{
        RootCertStore,
        pki_types::{CertificateDer, pem::PemObject},
    };

    /// As Amazon Trust Services publishes them.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn the_roots_are_amazons_and_no_others() {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(AMAZON)
            .collect::<Result<_, _>>()
            .unwrap();
        let found: Vec<String> = certificates
            .iter()
            .map(|c| hex::encode(digest(&SHA256, c)))
            .collect();
        assert_eq!(found, FINGERPRINTS);
        let mut store = RootCertStore::empty();
        for certificate in certificates {
            store.add(certificate).unwrap();
        }
        let text = std::str::from_utf8(AMAZON)
            .unwrap()
            .replace(':', "")
            .to_lowercase();
        for fingerprint in FINGERPRINTS {
            assert!(text.contains(&format!("sha256 fingerprint={fingerprint}")));
        }
    }

    #[test]
    fn only_known_roots_are_taken() {
        for known in [None, Some("amazon"), Some("system")] {
            assert!(client(known).is_ok());
        }
        for unknown in ["", "all", "Amazon"] {
            assert!(client(Some(unknown)).is_err());
        }
    }
}
