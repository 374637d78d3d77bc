//! What costs a reader most; also for the bench.

/// Inputs of 256 KiB that cost a reader most.
pub fn worst() -> Vec<(&'static str, Vec<u8>)> {
    const SIZE: usize = 256 * 1024;
    let filled = |before: &str, part: &str, after: &str| {
        let times = (SIZE - before.len() - after.len()) / part.len();
        [before, &part.repeat(times), after].concat().into_bytes()
    };
    let numbered = |before: &str, part: fn(usize) -> String, after: &str| {
        let mut text = before.to_owned();
        for n in 0.. {
            let part = part(n);
            if text.len() + part.len() + after.len() > SIZE {
                break;
            }
            text.push_str(&part);
        }
        (text + after).into_bytes()
    };
    let scope: String = (0..4)
        .map(|n| {
            let own: String = (0..15).map(|m| format!(" xmlns:p{n}q{m}='u'")).collect();
            format!("<a{own}>")
        })
        .collect();
    let many: String = (0..16).map(|n| format!(" p0q0:b{n}=''")).collect();
    vec![
        ("attributes", numbered("<a", |n| format!(" a{n}=''"), "/>")),
        (
            "declarations",
            numbered("<a", |n| format!(" xmlns:a{n}='u'"), "/>"),
        ),
        ("depth", filled("", "<a>", "")),
        ("elements", filled("<a>", "<b/>", "</a>")),
        (
            "attributes of elements in a wide scope",
            filled(&scope, &format!("<b{many}/>"), "</a></a></a></a>"),
        ),
        ("comments", filled("<a>", "x<!---->", "</a>")),
        ("CDATA", filled("<a>", "<![CDATA[]]>", "</a>")),
        ("CDATA that never ends", filled("<a>", "<![CDATA[", "")),
        ("comments that never end", filled("<a>", "<!--", "")),
        ("references", filled("<a>", "&lt;", "</a>")),
        ("references in an attribute", filled("<a b='", "&#9;", "'/>")),
        ("returns", filled("<a>", "\r", "</a>")),
        ("returns in an attribute", filled("<a b='", "\r", "'/>")),
        ("a name", filled("<", "a", "/>")),
        ("a name of others", filled("<", "\u{e9}", "/>")),
        ("an attribute's name", filled("<a ", "a", "=''/>")),
        ("quotes", filled("<a b='", "\"", "'/>")),
        ("starts", filled("", "<", "")),
        ("ampersands", filled("<a>", "&", "</a>")),
        ("a reference", filled("<a>&#", "0", "65;</a>")),
        ("a namespace", filled("<a xmlns='", "u", "'><b/><c/></a>")),
        (
            "a long default for many",
            filled(&format!("<a xmlns='{}'>", "u".repeat(200_000)), "<b/>", "</a>"),
        ),
        ("blanks in a start", filled("<a", " ", "/>")),
        ("brackets", filled("<a>", "]", "</a>")),
        (
            "a document type",
            filled("<!DOCTYPE a [", "<!ENTITY x 'y'>", "]><a/>"),
        ),
        (
            "nested brackets of a document type",
            filled("<!DOCTYPE a ", "[", ""),
        ),
    ]
}
