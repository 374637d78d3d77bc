//! The fonts: Noto Sans (SIL Open Font License 1.1), cut down to Latin, Greek and Cyrillic.

use krilla::text::Font;
use skrifa::{
    FontRef, MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};
use unicode_normalization::UnicodeNormalization;

const REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-SemiBold.ttf");

/// What stands for a letter that the fonts do not have.
const UNKNOWN: char = '\u{FFFD}';

/// Which font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    SemiBold,
}

/// Both.
pub struct Fonts {
    regular: Face,
    semi_bold: Face,
}

/// A font with what is measured in it.
pub struct Face {
    pub font: Font,
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    em: f32,
}

impl Face {
    fn new(data: &'static [u8]) -> Option<Self> {
        let font = FontRef::new(data).ok()?;
        let size = Size::unscaled();
        Some(Self {
            letters: font.charmap(),
            widths: font.glyph_metrics(size, LocationRef::default()),
            em: f32::from(font.metrics(size, LocationRef::default()).units_per_em),
            font: Font::new(data.into(), 0)?,
        })
    }

    /// A letter's glyph, and its width as a part of the size of the font.
    pub fn glyph(&self, letter: char) -> (u32, f32) {
        let glyph = self.letters.map(letter).or_else(|| self.letters.map(UNKNOWN));
        let glyph = glyph.unwrap_or_default();
        let width = self.widths.advance_width(glyph).unwrap_or_default();
        (glyph.to_u32(), width / self.em)
    }

    fn has(&self, letter: char) -> bool {
        self.letters.map(letter).is_some()
    }
}

impl Fonts {
    pub fn new() -> Option<Self> {
        Some(Self {
            regular: Face::new(REGULAR)?,
            semi_bold: Face::new(SEMI_BOLD)?,
        })
    }

    pub const fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semi_bold,
        }
    }

    /// A text in letters that the fonts have, composed where it can be. Every blank but the narrow one is a plain one.
    pub fn letters(&self, text: &str) -> String {
        text.nfc()
            .map(|letter| match letter {
                letter if letter.is_control() => ' ',
                letter if self.regular.has(letter) => letter,
                letter if letter.is_whitespace() => ' ',
                _ => UNKNOWN,
            })
            .collect()
    }

    /// How wide a text of [`Self::letters`] is.
    pub fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        let face = self.face(weight);
        text.chars().map(|letter| face.glyph(letter).1).sum::<f32>() * size
    }

    /// A text in lines that are no wider: broken at blanks, or within a word that is wider by itself.
    pub fn broken(&self, text: &str, weight: Weight, size: f32, width: f32) -> Vec<String> {
        let face = self.face(weight);
        let mut lines = Vec::new();
        let (mut line, mut used) = (String::new(), 0.0);
        for word in self.letters(text).split(' ').filter(|word| !word.is_empty()) {
            let long = self.width(word, weight, size);
            let blank = face.glyph(' ').1 * size;
            if !line.is_empty() && used + blank + long > width {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            if !line.is_empty() {
                line.push(' ');
                used += blank;
            }
            if used + long <= width {
                line.push_str(word);
                used += long;
                continue;
            }
            for letter in word.chars() {
                let wide = face.glyph(letter).1 * size;
                if used + wide > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                line.push(letter);
                used += wide;
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}
