//! Namespaces and the names that stand in several places.

/// Ours: everything in an envelope's body, and our headers. A further version of the contract has another.
pub(crate) const OWN: &str = "urn:ledgerkeep:soap:v1";
pub(crate) use xml::soap::{BASE64, PASSWORD, SOAP11, SOAP12, WSSE, WSU, XSI};

/// The action of an operation, which clients may send and need not.
pub(crate) fn action(operation: &str) -> String {
    format!("{OWN}:{operation}")
}
