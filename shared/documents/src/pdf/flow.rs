//! Where everything stands: a letter head, the table over as many pages as it takes, the sums, what else is to be said.

mod table;

use super::{
    fonts::{Fonts, Weight},
    sheet::{HEIGHT, Ink, Mark, WIDTH},
};
use crate::view::{self, Remark, Sum, View};

/// Left and right of everything: 20 mm.
const MARGIN: f32 = 56.7;
/// How wide what stands between is.
const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Where the first page begins.
const TOP: f32 = 52.0;
/// Where what flows ends; the foot stands below.
const BOTTOM: f32 = HEIGHT - 96.0;
/// How far lines of the size are apart.
const LEADING: f32 = 1.38;

/// The pages of a document.
pub fn pages(view: &View, fonts: &Fonts) -> Vec<Vec<Mark>> {
    let mut flow = Flow {
        fonts,
        pages: vec![Vec::new()],
        y: TOP,
        running: format!("{} {}", view.title, view.number),
    };
    flow.head(view);
    flow.table(view);
    flow.sums(&view.sums);
    for remark in &view.remarks {
        flow.remark(remark);
    }
    flow.feet(view);
    flow.pages
}

/// A way of writing.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    weight: Weight,
    ink: Ink,
}

impl Style {
    const fn new(size: f32, weight: Weight, ink: Ink) -> Self {
        Self { size, weight, ink }
    }

    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

const BODY: Style = Style::new(9.0, Weight::Regular, Ink::Dark);
const BOLD: Style = Style::new(9.0, Weight::SemiBold, Ink::Dark);
const SOFT: Style = Style::new(9.0, Weight::Regular, Ink::Soft);
const SMALL: Style = Style::new(7.5, Weight::Regular, Ink::Soft);
const HEADS: Style = Style::new(7.5, Weight::SemiBold, Ink::Dark);
const FOOT: Style = Style::new(6.8, Weight::Regular, Ink::Soft);
const TITLE: Style = Style::new(20.0, Weight::SemiBold, Ink::Dark);
const NAME: Style = Style::new(12.0, Weight::SemiBold, Ink::Dark);
const TOTAL: Style = Style::new(11.0, Weight::SemiBold, Ink::Dark);

/// What is laid out so far.
struct Flow<'a> {
    fonts: &'a Fonts,
    pages: Vec<Vec<Mark>>,
    /// Where the next line begins.
    y: f32,
    /// What stands at the top of later pages.
    running: String,
}

impl Flow<'_> {
    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// A line whose upper edge is there.
    fn put(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let text = self.fonts.letters(text);
        self.mark(Mark::Text {
            x,
            y: y + style.size,
            size: style.size,
            weight: style.weight,
            ink: style.ink,
            text,
        });
    }

    /// The same, from its right end; smaller where it would be wider than there is room.
    fn put_right(&mut self, right: f32, y: f32, style: Style, room: f32, text: &str) {
        let text = self.fonts.letters(text);
        let wide = self.fonts.width(&text, style.weight, style.size);
        let factor = if wide > room { room / wide } else { 1.0 };
        self.mark(Mark::Text {
            x: right - wide * factor,
            y: y + style.size,
            size: style.size * factor,
            weight: style.weight,
            ink: style.ink,
            text,
        });
    }

    fn block(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        self.mark(Mark::Block {
            x,
            y,
            width,
            height,
            ink,
        });
    }

    fn broken(&self, text: &str, style: Style, width: f32) -> Vec<String> {
        self.fonts.broken(text, style.weight, style.size, width)
    }

    fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        let running = self.running.clone();
        self.put(MARGIN, TOP - 14.0, SMALL, &running);
        self.y = TOP + 6.0;
    }

    fn head(&mut self, view: &View) {
        let title = self.fonts.width(view.title, TITLE.weight, TITLE.size);
        self.put_right(WIDTH - MARGIN, self.y, TITLE, INNER, view.title);
        let mut left = self.y + 5.0;
        for line in self.broken(&view.seller, NAME, INNER - title - 20.0) {
            self.put(MARGIN, left, NAME, &line);
            left += NAME.leading();
        }
        // The window of an envelope (DIN 5008, form B: 45 mm from the top).
        let top = left.max(127.5);
        let mut left = top;
        for line in self.broken(&view.sender, FOOT, 230.0) {
            self.put(MARGIN, left, FOOT, &line);
            left += FOOT.leading();
        }
        left += 5.0;
        for (at, text) in view.recipient.iter().enumerate() {
            let style = if at == 0 { BOLD } else { BODY };
            for line in self.broken(text, style, 230.0) {
                self.put(MARGIN, left, style, &line);
                left += style.leading();
            }
        }
        let (labels, values) = (MARGIN + 262.0, MARGIN + 362.0);
        let mut right = top;
        for (label, value) in &view.facts {
            self.put(labels, right, SOFT, label);
            for line in self.broken(value, BODY, WIDTH - MARGIN - values) {
                self.put(values, right, BODY, &line);
                right += BODY.leading();
            }
        }
        self.y = left.max(right) + 26.0;
    }

    fn sums(&mut self, sums: &[Sum]) {
        let width = 280.0;
        let (left, right) = (WIDTH - MARGIN - width, WIDTH - MARGIN);
        let room = 118.0;
        let laid: Vec<(Vec<String>, Style, f32)> = sums
            .iter()
            .map(|sum| {
                let (style, around) = match sum.weight {
                    view::Weight::Plain => (BODY, 3.0),
                    view::Weight::Strong => (BOLD, 6.0),
                    view::Weight::Due => (TOTAL, 14.0),
                };
                (self.broken(&sum.label, style, width - room - 16.0), style, around)
            })
            .collect();
        let tall = |(lines, style, around): &(Vec<String>, Style, f32)| {
            lines.iter().map(|_| style.leading()).sum::<f32>() + around
        };
        if !self.fits(laid.iter().map(tall).sum::<f32>() + 10.0) {
            self.turn();
        }
        self.y += 10.0;
        for (sum, row) in sums.iter().zip(&laid) {
            if !self.fits(tall(row)) {
                self.turn();
            }
            let (lines, style, around) = row;
            match sum.weight {
                view::Weight::Plain => {}
                view::Weight::Strong => self.block(left, self.y, width, 0.6, Ink::Rule),
                view::Weight::Due => self.block(left, self.y + 3.0, width, tall(row) - 5.0, Ink::Tint),
            }
            let mut y = self.y + around / 2.0;
            self.put_right(right - 6.0, y, *style, room, &sum.amount);
            for line in lines {
                self.put(left + 6.0, y, *style, line);
                y += style.leading();
            }
            self.y += tall(row);
        }
        self.y += 20.0;
    }

    fn remark(&mut self, remark: &Remark) {
        let mut lines: Vec<(String, Style)> = Vec::new();
        lines.extend(remark.title.map(|title| (title.to_owned(), BOLD)));
        for text in &remark.lines {
            lines.extend(
                self.broken(text, BODY, INNER)
                    .into_iter()
                    .map(|line| (line, BODY)),
            );
        }
        // A title stays with its first lines.
        if !self.fits(BODY.leading() * 3.0) {
            self.turn();
        }
        for (line, style) in lines {
            if !self.fits(style.leading()) {
                self.turn();
            }
            self.put(MARGIN, self.y, style, &line);
            self.y += style.leading();
        }
        self.y += 8.0;
    }

    fn feet(&mut self, view: &View) {
        let column = INNER / 3.0;
        let mut foot = Vec::new();
        for (at, texts) in (0_u8..).zip(&view.footer) {
            let x = MARGIN + column * f32::from(at);
            let lines = texts
                .iter()
                .flat_map(|text| self.broken(text, FOOT, column - 12.0));
            foot.extend((0_u8..6).zip(lines).map(|(line, text)| (x, line, text)));
        }
        let count = self.pages.len();
        let pages = std::mem::take(&mut self.pages);
        for (number, page) in (1..).zip(pages) {
            self.pages.push(page);
            let top = BOTTOM + 16.0;
            self.block(MARGIN, top, INNER, 0.6, Ink::Rule);
            for (x, line, text) in &foot {
                self.put(*x, top + 7.0 + f32::from(*line) * FOOT.leading(), FOOT, text);
            }
            let said = view::page_of(view.language, number, count);
            self.put_right(WIDTH - MARGIN, HEIGHT - 24.0, FOOT, INNER, &said);
        }
    }
}
