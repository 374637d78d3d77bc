//! `write_documents <folder> <count>`: writes so many documents in every form, for the tools of others to look at.

#[path = "../tests/samples/mod.rs"]
mod samples;

use documents::{NoEinvoice, cii, factur_x, html, pdf, ubl, validate};
use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder")?;
    let count: u64 = arguments.next().ok_or("a count")?.parse()?;
    let folder = Path::new(&folder);
    for seed in 0..count {
        let document = samples::document(seed);
        if let Err(faults) = validate(&document) {
            return Err(format!("{seed}: {}", faults.first().ok_or("no fault")?).into());
        }
        let write = |ending: &str, bytes: &[u8]| fs::write(folder.join(format!("{seed:04}.{ending}")), bytes);
        write("html", html(&document).as_bytes())?;
        write("pdf", &pdf(&document)?)?;
        for (ending, written) in [
            ("ubl.xml", ubl(&document)),
            ("cii.xml", cii(&document)),
            ("fx.xml", factur_x(&document)),
        ] {
            match written {
                Ok(text) => write(ending, text.as_bytes())?,
                Err(NoEinvoice::NotPossible) => {}
                Err(why) => return Err(why.into()),
            }
        }
    }
    Ok(())
}
