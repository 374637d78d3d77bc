//! The table: its head on every page, no row broken that fits on one.

use super::{BODY, BOLD, BOTTOM, Flow, HEADS, INNER, MARGIN, SMALL, Style, TOP};
use crate::{
    pdf::sheet::{Ink, WIDTH},
    view::{Row, View},
};

/// Where descriptions begin and how wide they are.
const DESCRIPTION: (f32, f32) = (MARGIN + 30.0, 194.0);
/// Where quantities, prices, rates and amounts end, and how wide they are.
const NUMBERS: [(f32, f32); 4] = [
    (MARGIN + 296.0, 66.0),
    (MARGIN + 370.0, 68.0),
    (MARGIN + 409.0, 34.0),
    (WIDTH - MARGIN - 6.0, 62.0),
];
/// How tall the head is.
const HEAD: f32 = 18.0;

impl Flow<'_> {
    pub(super) fn table(&mut self, view: &View) {
        self.columns(&view.columns);
        for row in &view.rows {
            self.row(row, &view.columns);
        }
    }

    fn columns(&mut self, columns: &[String; 6]) {
        self.block(MARGIN, self.y, INNER, HEAD, Ink::Tint);
        let y = self.y + 4.0;
        let [position, description, numbers @ ..] = columns;
        self.put(MARGIN + 6.0, y, HEADS, position);
        self.put(DESCRIPTION.0, y, HEADS, description);
        for (text, (right, room)) in numbers.iter().zip(NUMBERS) {
            self.put_right(right, y, HEADS, room, text);
        }
        self.y += HEAD + 5.0;
    }

    fn row(&mut self, row: &Row, columns: &[String; 6]) {
        let [position, name, numbers @ ..] = &row.cells;
        let mut lines: Vec<(String, Style)> = Vec::new();
        lines.extend(self.styled(name, BODY));
        for detail in &row.details {
            lines.extend(self.styled(detail, SMALL));
        }
        let tall = lines.iter().map(|(_, style)| style.leading()).sum::<f32>() + 10.0;
        let page = BOTTOM - TOP - HEAD - 11.0;
        if !self.fits(tall.min(page)) {
            self.turn();
            self.columns(columns);
        }
        self.put(MARGIN + 6.0, self.y, BODY, position);
        let last = numbers.len().saturating_sub(1);
        for (at, (text, (right, room))) in numbers.iter().zip(NUMBERS).enumerate() {
            let style = if at == last { BOLD } else { BODY };
            self.put_right(right, self.y, style, room, text);
        }
        for (line, style) in lines {
            if !self.fits(style.leading()) {
                self.turn();
                self.columns(columns);
            }
            self.put(DESCRIPTION.0, self.y, style, &line);
            self.y += style.leading();
        }
        self.block(MARGIN, self.y + 4.0, INNER, 0.6, Ink::Rule);
        self.y += 10.0;
    }

    fn styled(&self, text: &str, style: Style) -> Vec<(String, Style)> {
        let lines = self.broken(text, style, DESCRIPTION.1);
        lines.into_iter().map(|line| (line, style)).collect()
    }
}
