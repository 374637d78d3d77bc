//! The declaration in a PDF's metadata that an e-invoice is inside (Factur-X 1.0, section 6.2.3). krilla writes metadata of its own and no
//! others, so they are put into what it has written: the packet grows, and offsets behind it move on (ISO 32000-1, 7.5.4).

/// What says so.
const DECLARED: &str = include_str!("declared.xml");
/// What says what that means, as PDF/A asks for (ISO 19005-3, 6.6.2.3).
const EXPLAINED: &str = include_str!("explained.xml");

/// The same file with the declaration. None where it is not built as expected.
pub fn declared(file: Vec<u8>) -> Option<Vec<u8>> {
    let packet = rfind(&file, b"<x:xmpmeta")?;
    let bag = find(&file, b"<pdfaExtension:schemas><rdf:Bag>", packet)?.checked_add(32)?;
    let end = find(&file, b"</rdf:RDF>", bag)?;
    let before = file.get(..packet)?;
    let object = rfind(before, b" obj")?;
    let length = object.checked_add(find(before.get(object..)?, b"/Length ", 0)?.checked_add(8)?)?;
    let digits = before
        .get(length..)?
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let digits_end = length.checked_add(digits)?;
    let was = number(before.get(length..digits_end)?)?;
    let now = was.checked_add(DECLARED.len())?.checked_add(EXPLAINED.len())?;

    let mut out = Vec::with_capacity(file.len().checked_add(4_096)?);
    out.extend_from_slice(file.get(..length)?);
    out.extend_from_slice(now.to_string().as_bytes());
    out.extend_from_slice(file.get(digits_end..bag)?);
    out.extend_from_slice(EXPLAINED.as_bytes());
    out.extend_from_slice(file.get(bag..end)?);
    out.extend_from_slice(DECLARED.as_bytes());
    let moved = out.len().checked_sub(end)?;
    let table = number_after(&file, b"startxref\n")?;
    out.extend_from_slice(file.get(end..table)?);
    offsets(file.get(table..)?, end, moved, &mut out)?;
    Some(out)
}

/// The table of offsets with the trailer behind it, for what stands behind a place moved on.
fn offsets(table: &[u8], behind: usize, moved: usize, out: &mut Vec<u8>) -> Option<()> {
    let trailer = find(table, b"trailer", 0)?;
    let start = find(table, b"startxref\n", trailer)?.checked_add(10)?;
    for line in table.get(..trailer)?.split_inclusive(|byte| *byte == b'\n') {
        match (
            line.get(..10).and_then(number),
            line.ends_with(b"n\r\n") || line.ends_with(b"n \n"),
        ) {
            (Some(offset), true) => {
                let offset = offset.checked_add(if offset > behind { moved } else { 0 })?;
                out.extend_from_slice(format!("{offset:010}").as_bytes());
                out.extend_from_slice(line.get(10..)?);
            }
            _ => out.extend_from_slice(line),
        }
    }
    let rest = table.get(trailer..start)?;
    out.extend_from_slice(rest);
    let tail = table.get(start..)?;
    let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let at = number(tail.get(..digits)?)?.checked_add(moved)?;
    out.extend_from_slice(at.to_string().as_bytes());
    out.extend_from_slice(tail.get(digits..)?);
    Some(())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn number_after(file: &[u8], word: &[u8]) -> Option<usize> {
    let rest = file.get(rfind(file, word)?.checked_add(word.len())?..)?;
    number(rest.split(|byte| !byte.is_ascii_digit()).next()?)
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let found = bytes
        .get(from..)?
        .windows(what.len())
        .position(|window| window == what)?;
    found.checked_add(from)
}

fn rfind(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}
