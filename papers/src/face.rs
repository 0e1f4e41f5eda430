//! The two faces of printed papers and the glyphs they have.

use krilla::Data;
use krilla::text::Font;
use skrifa::charmap::Charmap;
use skrifa::raw::TableProvider;
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::{FontRef, MetadataProvider};

use crate::error::PaperError;
use crate::missing::Missing;

/// Glyph measures are thousandths of the size of the type; both faces are drawn on this grid.
pub(crate) const EM: i32 = 1_000;
/// Every digit is this wide, with its own ink in the middle, so that figures stand in columns.
const DIGIT_EM: i32 = 562;
/// Stands for a character that no face has: what Chinese and Japanese printers set for a missing type.
const GETA: char = '〓';

static SONG: &[u8] = include_bytes!("../font/song.otf");
static HEI: &[u8] = include_bytes!("../font/hei.otf");

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// 宋体: text.
    Song,
    /// 黑体: headings.
    Hei,
}

/// A character with its place in a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// What is drawn, and what a reader of the file extracts.
    pub(crate) character: char,
    /// Where its glyph is.
    pub(crate) face: Face,
    /// The glyph in that face.
    pub(crate) id: u32,
    /// How far the next character stands, in thousandths of the size.
    pub(crate) advance: i32,
    /// How far to the right the ink is moved, in thousandths of the size.
    pub(crate) shift: i32,
}

struct Loaded {
    font: Font,
    characters: Charmap<'static>,
    widths: Hmtx<'static>,
}

impl Loaded {
    fn read(bytes: &'static [u8], name: &'static str) -> Result<Self, PaperError> {
        let broken = || PaperError::Font(name);
        let font = Font::new(Data::from(bytes), 0).ok_or_else(broken)?;
        let reader = FontRef::new(bytes).map_err(|_| broken())?;
        if i32::from(reader.head().map_err(|_| broken())?.units_per_em()) != EM {
            return Err(broken());
        }
        let widths = reader.hmtx().map_err(|_| broken())?;
        Ok(Self { font, characters: reader.charmap(), widths })
    }
}

/// Both faces, read.
pub(crate) struct Faces {
    song: Loaded,
    hei: Loaded,
}

impl Faces {
    pub(crate) fn load() -> Result<Self, PaperError> {
        Ok(Self { song: Loaded::read(SONG, "song.otf")?, hei: Loaded::read(HEI, "hei.otf")? })
    }

    pub(crate) fn font(&self, face: Face) -> Font {
        self.loaded(face).font.clone()
    }

    const fn loaded(&self, face: Face) -> &Loaded {
        match face {
            Face::Song => &self.song,
            Face::Hei => &self.hei,
        }
    }

    fn find(&self, face: Face, character: char) -> Option<Glyph> {
        let loaded = self.loaded(face);
        let id = loaded.characters.map(character).filter(|id| id.to_u32() != 0)?;
        let own = i32::from(loaded.widths.advance(id)?);
        let advance = if character.is_ascii_digit() { DIGIT_EM.max(own) } else { own };
        Some(Glyph { character, face, id: id.to_u32(), advance, shift: (advance - own) / 2 })
    }

    /// The glyph of that face, of the other where that one has none, or the mark for a missing one, noted.
    fn glyph(&self, face: Face, character: char, missing: &mut Missing) -> Option<Glyph> {
        self.find(face, character).or_else(|| self.find(Face::Song, character)).or_else(|| {
            missing.note(character);
            self.find(face, GETA)
        })
    }

    /// A text as glyphs, line feeds kept as the gaps between the parts.
    pub(crate) fn set(&self, face: Face, text: &str, missing: &mut Missing) -> Vec<Vec<Glyph>> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let parts = text.split('\n');
        parts
            .map(|part| {
                let shown = part.chars().filter_map(visible);
                shown.filter_map(|character| self.glyph(face, character, missing)).collect()
            })
            .collect()
    }
}

/// What is drawn for a character: every kind of blank is a blank, and what has no shape of its own is nothing.
fn visible(character: char) -> Option<char> {
    match character {
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind_have_glyphs() {
        let faces = Faces::load().unwrap();
        let mut missing = Missing::default();
        for name in
            ["欧阳予倩", "司马相如", "朱镕基", "陳志豪", "張學友", "王喆", "翟頔", "查一旻", "赵珺", "李堃", "〇"]
        {
            faces.set(Face::Song, name, &mut missing);
            faces.set(Face::Hei, name, &mut missing);
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_character_that_no_face_has_is_a_geta_mark_and_is_noted() {
        let faces = Faces::load().unwrap();
        let mut missing = Missing::default();
        let set = faces.set(Face::Song, "张\u{2b5e0}\u{2b5e0}😀", &mut missing);
        let drawn: String = set[0].iter().map(|glyph| glyph.character).collect();
        assert_eq!(drawn, "张〓〓〓");
        assert_eq!(missing.iter().collect::<Vec<_>>(), vec![('😀', 1), ('\u{2b5e0}', 2)]);
    }

    #[test]
    fn all_digits_are_equally_wide() {
        let faces = Faces::load().unwrap();
        for face in [Face::Song, Face::Hei] {
            let set = faces.set(face, "0123456789", &mut Missing::default());
            let widths: std::collections::BTreeSet<i32> = set[0].iter().map(|glyph| glyph.advance).collect();
            assert_eq!(widths.len(), 1, "{face:?}: {widths:?}");
        }
    }

    #[test]
    fn line_ends_of_every_system_part_a_text_and_blanks_are_blanks() {
        let faces = Faces::load().unwrap();
        let parts = faces.set(Face::Song, "甲\r\n乙\r丙\n丁\t戊\u{feff}", &mut Missing::default());
        let texts: Vec<String> = parts.iter().map(|part| part.iter().map(|glyph| glyph.character).collect()).collect();
        assert_eq!(texts, ["甲", "乙", "丙", "丁 戊"]);
    }
}
