//! What forms a document has. Only the worker that renders calls this, so that no other function links what makes a PDF.

use super::Format;
use documents::{Document, Profile, cii, html, pdf, ubl, validate};
use shared::problem::Problem;

/// The bytes of a form, or the rule that does not let it be.
pub type Made = Result<Vec<u8>, String>;

/// A document in a form: the same bytes whenever it is made.
///
/// # Errors
/// 500 for what is no fault of the document.
pub fn form(document: &Document, format: Format) -> Result<Made, Problem> {
    match format {
        Format::Html => Ok(Ok(html(document).into_bytes())),
        Format::Pdf => page_and_more(document),
        Format::Ubl => Ok(einvoice(document, own(document), ubl)),
        Format::Cii => Ok(einvoice(document, own(document), cii)),
        Format::Xrechnung => Ok(einvoice(document, Profile::XRechnung, ubl)),
        Format::Peppol => Ok(einvoice(document, Profile::Peppol, ubl)),
    }
}

/// The rules that its e-invoice keeps.
const fn own(document: &Document) -> Profile {
    match document.profile {
        Profile::Page => Profile::En16931,
        own => own,
    }
}

/// Holds a document against the rules of a profile.
fn kept(document: &Document, profile: Profile) -> Result<Document, String> {
    let document = Document {
        profile,
        ..document.clone()
    };
    match validate(&document) {
        Ok(()) => Ok(document),
        Err(faults) => Err(faults
            .first()
            .map_or_else(String::new, |fault| fault.rule.code().to_owned())),
    }
}

fn einvoice(
    document: &Document,
    profile: Profile,
    write: fn(&Document) -> Result<String, documents::NoEinvoice>,
) -> Made {
    let document = kept(document, profile)?;
    write(&document)
        .map(String::into_bytes)
        .map_err(|none| none.code().to_owned())
}

/// A PDF with the e-invoice inside, or of the page alone where the document keeps no rules of one.
fn page_and_more(document: &Document) -> Result<Made, Problem> {
    let whole = kept(document, own(document)).or_else(|_| kept(document, Profile::Page));
    match whole {
        Ok(document) => pdf(&document)
            .map(Ok)
            .map_err(|e| Problem::internal(e.to_string())),
        Err(rule) => Ok(Err(rule)),
    }
}
