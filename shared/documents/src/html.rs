//! The page: one file without scripts and without anything from elsewhere.

use crate::{
    document::Document,
    view::{Remark, Row, View, Weight},
};

/// The page's style, whole, so that a policy can name its hash.
pub const STYLE: &str = include_str!("html/style.css");

/// The document as a page of HTML.
#[must_use]
pub fn html(document: &Document) -> String {
    let view = View::of(document);
    let mut page = Page(String::with_capacity(8_192));
    page.raw("<!DOCTYPE html>\n<html lang=\"");
    page.raw(view.language);
    page.raw("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page.text(&format!("{} {}", view.title, view.number));
    page.raw("</title>\n<style>");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"seller\">");
    page.text(&view.seller);
    page.raw("</p>\n<h1>");
    page.text(view.title);
    page.raw("</h1>\n</header>\n<div class=\"to\">\n<address>\n");
    page.tag("small", "", &view.sender);
    for (at, line) in view.recipient.iter().enumerate() {
        page.tag(if at == 0 { "strong" } else { "span" }, "", line);
    }
    page.raw("</address>\n<dl>\n");
    for (label, value) in &view.facts {
        page.tag("dt", "", label);
        page.tag("dd", "", value);
    }
    page.raw("</dl>\n</div>\n<table>\n<thead>\n<tr>");
    for (at, column) in view.columns.iter().enumerate() {
        let class = if at > 1 {
            " scope=\"col\" class=\"n\""
        } else {
            " scope=\"col\""
        };
        page.tag("th", class, column);
    }
    page.raw("</tr>\n</thead>\n<tbody>\n");
    for row in &view.rows {
        page.row(row);
    }
    page.raw("</tbody>\n</table>\n<table class=\"sums\">\n<tbody>\n");
    for sum in &view.sums {
        page.raw(match sum.weight {
            Weight::Plain => "<tr>",
            Weight::Strong => "<tr class=\"strong\">",
            Weight::Due => "<tr class=\"due\">",
        });
        page.tag("th", " scope=\"row\"", &sum.label);
        page.tag("td", " class=\"n\"", &sum.amount);
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table>\n");
    for remark in &view.remarks {
        page.remark(remark);
    }
    page.raw("</main>\n<footer>\n");
    for column in &view.footer {
        page.raw("<p>");
        page.lines(column);
        page.raw("</p>\n");
    }
    page.raw("</footer>\n</body>\n</html>\n");
    page.0
}

struct Page(String);

impl Page {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    fn tag(&mut self, name: &str, attributes: &str, text: &str) {
        self.raw(&format!("<{name}{attributes}>"));
        self.text(text);
        self.raw(&format!("</{name}>\n"));
    }

    fn lines(&mut self, lines: &[String]) {
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                self.raw("<br>");
            }
            self.text(line);
        }
    }

    fn row(&mut self, row: &Row) {
        self.raw("<tr>");
        for (at, cell) in row.cells.iter().enumerate() {
            if at == 1 {
                self.raw("<td>");
                self.text(cell);
                for detail in &row.details {
                    self.tag("small", "", detail);
                }
                self.raw("</td>\n");
            } else {
                self.tag("td", if at > 1 { " class=\"n\"" } else { "" }, cell);
            }
        }
        self.raw("</tr>\n");
    }

    fn remark(&mut self, remark: &Remark) {
        self.raw("<section>\n");
        if let Some(title) = remark.title {
            self.tag("h2", "", title);
        }
        self.raw("<p>");
        self.lines(&remark.lines);
        self.raw("</p>\n</section>\n");
    }
}
