//! The contract of call-backs: the WSDL 1.1 that a receiver is built from.

use super::{NOTIFY, OWN, action, schema};
use xml::{
    Tag, Unwritable,
    soap::{HTTP, WSDL, WSDL_SOAP, XS},
};

/// Where a receiver is, until it says so.
const ADDRESS: &str = "https://example.com/callback";

fn message(name: &str, element: &str) -> Tag {
    let part = Tag::new("wsdl:part")
        .with("name", "parameters")
        .with("element", format!("tns:{element}"));
    Tag::new("wsdl:message").with("name", name).holding([part])
}

/// The WSDL.
///
/// # Errors
/// When something of it is no XML.
pub fn wsdl() -> Result<String, String> {
    let response = format!("{NOTIFY}Response");
    let any = Tag::new("xs:any")
        .with("namespace", "##any")
        .with("processContents", "skip")
        .with("minOccurs", "0")
        .with("maxOccurs", "unbounded");
    let empty = Tag::new("xs:complexType").holding([Tag::new("xs:sequence").holding([any])]);
    let schema = Tag::new("xs:schema")
        .with("targetNamespace", OWN)
        .with("elementFormDefault", "qualified")
        .holding([
            Tag::new("xs:element")
                .with("name", NOTIFY)
                .holding([schema::notify()])
                .about("Something happened. It comes again until it is answered with 2xx and no fault."),
            Tag::new("xs:element")
                .with("name", response.clone())
                .holding([empty]),
        ]);
    let body = || Tag::new("soap:body").with("use", "literal");
    let operation = Tag::new("wsdl:operation").with("name", NOTIFY).holding([
        Tag::new("soap:operation")
            .with("soapAction", action())
            .with("style", "document"),
        Tag::new("wsdl:input").holding([body()]),
        Tag::new("wsdl:output").holding([body()]),
    ]);
    let port = Tag::new("wsdl:port")
        .with("name", "Callback")
        .with("binding", "tns:Callback")
        .holding([Tag::new("soap:address").with("location", ADDRESS)]);
    Tag::new("wsdl:definitions")
        .with("name", "LedgerkeepCallback")
        .with("targetNamespace", OWN)
        .with("xmlns:xs", XS)
        .with("xmlns:tns", OWN)
        .with("xmlns:wsdl", WSDL)
        .with("xmlns:soap", WSDL_SOAP)
        .holding([
            Tag::new("wsdl:types").holding([schema]),
            message(NOTIFY, NOTIFY),
            message(&response, &response),
            Tag::new("wsdl:portType")
                .with("name", "Callback")
                .holding([Tag::new("wsdl:operation").with("name", NOTIFY).holding([
                    Tag::new("wsdl:input").with("message", format!("tns:{NOTIFY}")),
                    Tag::new("wsdl:output").with("message", format!("tns:{response}")),
                ])]),
            Tag::new("wsdl:binding")
                .with("name", "Callback")
                .with("type", "tns:Callback")
                .holding([
                    Tag::new("soap:binding")
                        .with("style", "document")
                        .with("transport", HTTP),
                    operation,
                ]),
            Tag::new("wsdl:service").with("name", "Callback").holding([port]),
        ])
        .document()
        .map_err(|Unwritable| "the contract of call-backs cannot be written".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_crate_is_what_the_schemas_make() {
        assert_eq!(wsdl().unwrap(), include_str!("../../callback.wsdl"));
    }
}
