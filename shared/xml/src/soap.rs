//! Namespaces of SOAP and of WS-Security.

/// SOAP 1.1.
pub const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// SOAP 1.2.
pub const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// WS-Security 1.0 (OASIS), with the token that says who sends.
pub const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// Its utilities: times and ids.
pub const WSU: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
/// What types of passwords begin with (UsernameToken Profile 1.1.1, section 3.1).
pub const PASSWORD: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#";
/// How nonces are written.
pub const BASE64: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
/// XML Schema.
pub const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// What instances say of their types.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// WSDL 1.1.
pub const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// Its binding to SOAP 1.1.
pub const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// Its binding to SOAP 1.2.
pub const WSDL_SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
/// SOAP over HTTP.
pub const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";
