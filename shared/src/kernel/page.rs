//! Printable pages: self-contained HTML without script, for people who print or keep what JSON says.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};

/// A page. Whoever makes `body` has escaped every value in it: see [`escape`].
#[derive(Clone, Debug)]
pub struct Page {
    /// BCP 47 tag of its language.
    pub language: &'static str,
    /// Plain text.
    pub title: String,
    /// Its only style sheet; the policy of the answer admits this text and no other.
    pub style: &'static str,
    /// What stands in `<body>`.
    pub body: String,
}

impl Page {
    /// The document.
    #[must_use]
    pub fn html(&self) -> String {
        let Self {
            language,
            style,
            body,
            ..
        } = self;
        let title = escape(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
        )
    }

    /// The content security policy of the answer (CSP 3): its own style sheet, and nothing else.
    #[must_use]
    pub fn policy(&self) -> String {
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, self.style.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
    }
}

/// Text as it may stand between tags and in quoted attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_title_is_markup() {
        let page = Page {
            language: "en",
            title: "</title><script>\"'&".into(),
            style: "body{}",
            body: String::new(),
        };
        assert!(
            page.html()
                .contains("<title>&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;</title>")
        );
        // printf 'body{}' | openssl dgst -sha256 -binary | base64
        assert!(
            page.policy()
                .contains("'sha256-fJgEClQWV1hGkK4qHMO0KotTsVnMYMXTq7/suurGyUo='"),
            "{}",
            page.policy()
        );
    }
}
