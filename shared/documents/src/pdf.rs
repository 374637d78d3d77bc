//! PDF/A-3 with the e-invoice inside, after Factur-X 1.0 and ZUGFeRD 2: one file for people and machines.

mod flow;
mod fonts;
mod metadata;
mod sheet;

use crate::{
    document::{Document, Kind},
    einvoice::factur_x,
    view::View,
};
use fonts::Fonts;
use jiff::civil::Date;
use krilla::{
    SerializeSettings,
    configure::{Archival, ConfigurationBuilder},
    embed::{AssociationKind, EmbeddedFile, MimeType},
    metadata::{DateTime, Metadata},
};
use std::fmt;

/// What the e-invoice inside is called; Factur-X asks for it.
const FILE: &str = "factur-x.xml";

/// A document could not be made a PDF, which is a fault of ours. It holds nothing of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPdf(&'static str);

impl fmt::Display for NoPdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NoPdf {}

/// The document as PDF/A-3b, with `factur-x.xml` in it where there is an e-invoice of it. The same document is the same bytes.
///
/// # Errors
/// [`NoPdf`], for a document that is not valid.
pub fn pdf(document: &Document) -> Result<Vec<u8>, NoPdf> {
    let view = View::of(document);
    let fonts = Fonts::new().ok_or(NoPdf("the fonts cannot be read"))?;
    let pages = flow::pages(&view, &fonts);
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_B)
        .finish()
        .map_err(|_| NoPdf("there is no such kind of PDF"))?;
    let mut file = krilla::Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    for page in &pages {
        sheet::draw(&mut file, page, &fonts).ok_or(NoPdf("a page has no size"))?;
    }
    let day = date_time(document.issued);
    file.set_metadata(
        Metadata::new()
            .title(format!("{} {}", view.title, view.number))
            .authors(vec![document.seller.name.clone()])
            .creator("Ledgerkeep".into())
            .producer("Ledgerkeep".into())
            .language(view.language.into())
            .document_id(document.number.clone())
            .creation_date(day),
    );
    let inside = factur_x(document).ok();
    let machine = inside.is_some();
    if let Some(einvoice) = inside {
        file.embed_file(EmbeddedFile {
            path: FILE.into(),
            mime_type: MimeType::new("text/xml"),
            description: Some(
                match document.kind {
                    Kind::Invoice => "Factur-X invoice",
                    Kind::CreditNote => "Factur-X credit note",
                }
                .into(),
            ),
            association_kind: AssociationKind::Alternative,
            data: einvoice.into_bytes().into(),
            modification_date: Some(day),
            compress: Some(true),
            location: None,
        })
        .ok_or(NoPdf("the e-invoice is in it already"))?;
    }
    let bytes = file
        .finish()
        .map_err(|_| NoPdf("it does not keep the rules of PDF/A-3"))?;
    if machine {
        metadata::declared(bytes).ok_or(NoPdf("its metadata are not where they are expected"))
    } else {
        Ok(bytes)
    }
}

/// The first instant of a day, in UTC.
fn date_time(day: Date) -> DateTime {
    let year = u16::try_from(day.year()).unwrap_or_default();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    DateTime::new(year)
        .month(part(day.month()))
        .day(part(day.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
