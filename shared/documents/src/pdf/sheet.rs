//! What is on a page, and how it gets there.

use super::fonts::{Fonts, Weight};
use krilla::{
    color::rgb,
    geom::{PathBuilder, Point, Rect},
    page::PageSettings,
    paint::Fill,
    surface::Surface,
    text::{GlyphId, KrillaGlyph},
};

/// A4, in points.
pub const WIDTH: f32 = 595.28;
/// A4, in points.
pub const HEIGHT: f32 = 841.89;

/// A colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Dark,
    /// Text of less weight.
    Soft,
    /// Rules.
    Rule,
    /// What stands behind heads and totals.
    Tint,
}

impl Ink {
    fn fill(self) -> Fill {
        let (red, green, blue) = match self {
            Self::Dark => (0x1b, 0x1f, 0x27),
            Self::Soft => (0x5b, 0x64, 0x72),
            Self::Rule => (0xd9, 0xdd, 0xe4),
            Self::Tint => (0xf3, 0xf5, 0xf8),
        };
        Fill {
            paint: rgb::Color::new(red, green, blue).into(),
            ..Fill::default()
        }
    }
}

/// Something on a page; from its upper left corner, in points.
pub enum Mark {
    /// A line of text, at its base line.
    Text {
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: String,
    },
    /// A filled rectangle.
    Block {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
}

/// Adds a page.
pub fn draw(file: &mut krilla::Document, marks: &[Mark], fonts: &Fonts) -> Option<()> {
    let mut page = file.start_page_with(PageSettings::from_wh(WIDTH, HEIGHT)?);
    let mut surface = page.surface();
    for mark in marks {
        match mark {
            Mark::Text {
                x,
                y,
                size,
                weight,
                ink,
                text,
            } => {
                surface.set_fill(Some(ink.fill()));
                write(&mut surface, Point::from_xy(*x, *y), *size, *weight, text, fonts);
            }
            Mark::Block {
                x,
                y,
                width,
                height,
                ink,
            } => {
                let mut path = PathBuilder::new();
                path.push_rect(Rect::from_xywh(*x, *y, *width, *height)?);
                surface.set_fill(Some(ink.fill()));
                surface.draw_path(&path.finish()?);
            }
        }
    }
    surface.finish();
    page.finish();
    Some(())
}

/// One glyph a letter: neither script of the fonts asks for more.
fn write(surface: &mut Surface<'_>, at: Point, size: f32, weight: Weight, text: &str, fonts: &Fonts) {
    let face = fonts.face(weight);
    let glyphs: Vec<KrillaGlyph> = text
        .char_indices()
        .map(|(start, letter)| {
            let (glyph, width) = face.glyph(letter);
            let end = start.saturating_add(letter.len_utf8());
            KrillaGlyph::new(GlyphId::new(glyph), width, 0.0, 0.0, 0.0, start..end, None)
        })
        .collect();
    surface.draw_glyphs(at, &glyphs, face.font.clone(), text, size, false);
}
