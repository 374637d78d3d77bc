//! TLS on localhost: an authority made at first start, and certificates that it issues.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use std::{fs, path::Path, sync::Arc};

fn authority_params() -> Result<CertificateParams, String> {
    let mut params = CertificateParams::new(Vec::new()).map_err(|e| e.to_string())?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "Ledgerkeep local authority");
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

/// The authority's certificate, PEM; made with its key at the first call.
///
/// # Errors
/// One line naming the file.
pub fn authority(data_dir: &Path) -> Result<String, String> {
    let (cert, key) = (data_dir.join("ca.pem"), data_dir.join("ca-key.pem"));
    if !cert.exists() || !key.exists() {
        let pair = KeyPair::generate().map_err(|e| e.to_string())?;
        let signed = authority_params()?
            .self_signed(&pair)
            .map_err(|e| e.to_string())?;
        super::state::write_private(&key, pair.serialize_pem().as_bytes())?;
        super::state::write_private(&cert, signed.pem().as_bytes())?;
    }
    fs::read_to_string(&cert).map_err(|e| format!("{}: {e}", cert.display()))
}

/// Issues a certificate for `names` under the local authority: `(certificate PEM, key PEM)`.
///
/// # Errors
/// One line naming what is wrong.
pub fn issue(data_dir: &Path, names: &[&str]) -> Result<(String, String), String> {
    authority(data_dir)?;
    let path = data_dir.join("ca-key.pem");
    let pem = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let pair = KeyPair::from_pem(&pem)
        .map_err(|_| format!("{} is damaged; `make reset` starts anew", path.display()))?;
    let issuer = Issuer::new(authority_params()?, pair);
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let key = KeyPair::generate().map_err(|e| e.to_string())?;
    let params = CertificateParams::new(names).map_err(|e| e.to_string())?;
    let cert = params.signed_by(&key, &issuer).map_err(|e| e.to_string())?;
    Ok((cert.pem(), key.serialize_pem()))
}

/// A server's TLS configuration for a certificate and its key.
///
/// # Errors
/// One line naming what is wrong.
pub fn configure(cert: &str, key: &str) -> Result<Arc<ServerConfig>, String> {
    let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).map_err(|e| e.to_string())?];
    let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).map_err(|e| e.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
        .map_err(|e| e.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The platform's own certificate, fresh at each start.
///
/// # Errors
/// One line naming what is wrong.
pub fn server(data_dir: &Path) -> Result<Arc<ServerConfig>, String> {
    let (cert, key) = issue(data_dir, &["localhost", "127.0.0.1", "::1"])?;
    configure(&cert, &key)
}
