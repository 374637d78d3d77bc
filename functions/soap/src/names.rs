//! Namespaces and the names that stand in several places.

/// Ours: everything in an envelope's body, and our headers. A further version of the contract has another.
pub(crate) const OWN: &str = "urn:ledgerkeep:soap:v1";
pub(crate) const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(crate) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
pub(crate) const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
pub(crate) const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// What types of passwords begin with.
pub(crate) const PASSWORD: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#";
pub(crate) const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The action of an operation, which clients may send and need not.
pub(crate) fn action(operation: &str) -> String {
    format!("{OWN}:{operation}")
}
