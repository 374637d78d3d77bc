//! What a caller accepts (RFC 9110, section 12.5.1).

/// How much a media type is wanted, in thousandths; none where no range covers it.
fn quality(ranges: &str, kind: &str, subtype: &str) -> Option<u16> {
    let mut best: Option<(u8, u16)> = None;
    for range in ranges.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let Some((t, s)) = parts.next().and_then(|media| media.split_once('/')) else {
            continue;
        };
        let same = |own: &str, wanted: &str| own.trim().eq_ignore_ascii_case(wanted);
        // The closest range decides, whatever the others say.
        let close = match (same(t, kind), same(s, subtype)) {
            (true, true) => 2,
            (true, false) if s.trim() == "*" => 1,
            _ if t.trim() == "*" && s.trim() == "*" => 0,
            _ => continue,
        };
        let weight = parts.find_map(|p| {
            let (name, value) = p.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("q")
                .then(|| weight(value.trim()))
        });
        let weight = weight.unwrap_or(1000);
        if best.is_none_or(|(known, _)| close > known) {
            best = Some((close, weight));
        }
    }
    best.map(|(_, weight)| weight)
}

/// `0` to `1` with at most three digits behind the point; what is none of them is nothing wanted.
fn weight(text: &str) -> u16 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = rest.len() <= 3 && rest.bytes().all(|b| b.is_ascii_digit());
    let thousandths = format!("{rest:0<3}").parse::<u16>().unwrap_or(0);
    match (whole, digits, thousandths) {
        ("1", true, 0) => 1000,
        ("0", true, part) => part,
        _ => 0,
    }
}

/// Whether somebody who sends this would rather have a page than JSON.
#[must_use]
pub(super) fn prefers_page(accept: &str) -> bool {
    let page = quality(accept, "text", "html").unwrap_or(0);
    page > quality(accept, "application", "json").unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_for_those_who_want_it_more_than_data() {
        for page in [
            "text/html",
            "TEXT/HTML",
            "text/*",
            "text/html;level=1",
            "text/html, */*;q=0.8",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json;q=0.5, text/html ; Q=0.6",
            "text/html, application/json;q=0",
        ] {
            assert!(prefers_page(page), "{page}");
        }
        for data in [
            "",
            "*/*",
            "application/json",
            "text/html;q=0",
            "text/html;q=0.000",
            "text/html;q=0, text/*",
            "text/html, application/json",
            "text/html;q=0.5, application/json;q=0.9",
            "text/html;q=high",
            "text/html;q=1.1",
            "application/json, text/*;q=0.9",
            "text/plain",
            "texthtml",
        ] {
            assert!(!prefers_page(data), "{data}");
        }
    }
}
