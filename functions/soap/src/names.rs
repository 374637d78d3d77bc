//! Namespaces and the names that stand in several places.

/// Ours: everything in an envelope's body, and our headers. A further version of the contract has another.
pub(crate) const OWN: &str = "urn:ledgerkeep:soap:v1";
pub(crate) use xml::soap::{BASE64, PASSWORD, SOAP11, SOAP12, WSSE, WSU, XSI};

/// The namespace of fields that came after the first release of a record: they stand behind its sequence, where strict readers pass
/// over what they do not know.
pub(crate) fn later(record: &str) -> String {
    format!("{OWN}:{record}")
}

/// The action of an operation, which clients may send and need not.
pub(crate) fn action(operation: &str) -> String {
    format!("{OWN}:{operation}")
}
