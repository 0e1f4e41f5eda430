//! Writes laid out pages as PDF/A-3u: fonts embedded, every character extractable, fit for an archive (ISO 19005-3).
//!
//! The only place with floating point numbers: the PDF library takes them. All were whole numbers a moment before.
#![allow(clippy::disallowed_types, clippy::float_arithmetic, reason = "the PDF library measures in f32")]

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime as PdfTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};

use crate::document::{Attachment, Head};
use crate::error::PaperError;
use crate::face::{EM, Face, Faces, Glyph};
use crate::flow::{Entry, Mark, PAGE_HEIGHT_MPT, PAGE_WIDTH_MPT};

/// Writes the file. The same input gives the same bytes.
pub(crate) fn written(
    faces: &Faces,
    pages: &[Vec<Mark>],
    outline: &[Entry],
    head: &Head,
    attachment: Option<&Attachment>,
) -> Result<Vec<u8>, PaperError> {
    let broken = |what: &str| PaperError::Pdf(what.to_owned());
    let archival = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_U)
        .finish()
        .map_err(|error| PaperError::Pdf(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration: archival, ..SerializeSettings::default() };
    let mut file = krilla::Document::new_with(settings);
    for marks in pages {
        let size = PageSettings::from_wh(points(PAGE_WIDTH_MPT)?, points(PAGE_HEIGHT_MPT)?);
        let mut page = file.start_page_with(size.ok_or_else(|| broken("page size"))?);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, faces, mark)?;
        }
        surface.finish();
        page.finish();
    }
    file.set_outline(contents(outline)?);
    file.set_metadata(description(head));
    if let Some(attachment) = attachment {
        file.embed_file(embedded(attachment, head)).ok_or_else(|| broken("attachment"))?;
    }
    file.finish().map_err(|error| PaperError::Pdf(format!("{error}: {error:?}").chars().take(500).collect()))
}

/// Thousandths of a point as points.
fn points(mpt: i32) -> Result<f32, PaperError> {
    let part = |value: i32| i16::try_from(value).map_err(|_| PaperError::Pdf(format!("off the page: {mpt}")));
    Ok(f32::from(part(mpt.div_euclid(1_000))?) + f32::from(part(mpt.rem_euclid(1_000))?) / 1_000.0)
}

/// Thousandths of the size as the library wants them: parts of 1.
fn of_size(em: i32) -> Result<f32, PaperError> {
    points(em)
}

fn draw(surface: &mut Surface<'_>, faces: &Faces, mark: &Mark) -> Result<(), PaperError> {
    match mark {
        Mark::Fill { left_mpt, top_mpt, width_mpt, height_mpt, gray } => {
            let rect =
                Rect::from_xywh(points(*left_mpt)?, points(*top_mpt)?, points(*width_mpt)?, points(*height_mpt)?);
            let mut path = PathBuilder::new();
            if let Some(rect) = rect {
                path.push_rect(rect);
            }
            surface.set_fill(Some(shade(*gray)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Text { left_mpt, baseline_mpt, size_mpt, gray, glyphs } => {
            surface.set_fill(Some(shade(*gray)));
            let (size, baseline) = (points(*size_mpt)?, points(*baseline_mpt)?);
            let mut left_mpt = *left_mpt;
            for run in glyphs.chunk_by(|one, next| one.0.face == next.0.face) {
                let face = run.first().map_or(Face::Song, |(glyph, _)| glyph.face);
                let (text, placed) = run_of(run)?;
                let start = Point::from_xy(points(left_mpt)?, baseline);
                surface.draw_glyphs(start, &placed, faces.font(face), &text, size, false);
                let width: i32 = run.iter().map(|(glyph, extra)| glyph.advance + extra).sum();
                left_mpt += i32::try_from(i64::from(width) * i64::from(*size_mpt) / i64::from(EM)).unwrap_or(0);
            }
        }
    }
    Ok(())
}

/// Glyphs of one face as the library takes them, with the text they stand for.
fn run_of(run: &[(Glyph, i32)]) -> Result<(String, Vec<KrillaGlyph>), PaperError> {
    let (mut text, mut placed) = (String::new(), Vec::with_capacity(run.len()));
    for (glyph, extra) in run {
        let from = text.len();
        text.push(glyph.character);
        placed.push(KrillaGlyph::new(
            GlyphId::new(glyph.id),
            of_size(glyph.advance + extra)?,
            of_size(glyph.shift)?,
            0.0,
            0.0,
            from..text.len(),
            None,
        ));
    }
    Ok((text, placed))
}

fn shade(gray: u8) -> Fill {
    Fill { paint: luma::Color::new(gray).into(), ..Fill::default() }
}

fn contents(entries: &[Entry]) -> Result<Outline, PaperError> {
    let mut outline = Outline::new();
    for entry in entries {
        let point = Point::from_xy(0.0, points(entry.top_mpt)?);
        outline.push_child(OutlineNode::new(entry.words.clone(), XyzDestination::new(entry.page, point)));
    }
    Ok(outline)
}

fn description(head: &Head) -> Metadata {
    Metadata::new()
        .title(head.title.clone())
        .authors(vec![head.issuer.clone()])
        .language("zh-CN".to_owned())
        .creator("Linli".to_owned())
        .producer("Linli".to_owned())
        .document_id(head.number.clone())
        .creation_date(time(head.made_at))
}

/// An instant in UTC, to the second.
fn time(at: DateTime<Utc>) -> PdfTime {
    let small = |value: u32| u8::try_from(value).unwrap_or(0);
    PdfTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn embedded(attachment: &Attachment, head: &Head) -> EmbeddedFile {
    EmbeddedFile {
        path: attachment.name.clone(),
        mime_type: MimeType::new(attachment.mime),
        description: Some(attachment.words.clone()),
        association_kind: AssociationKind::Data,
        data: attachment.bytes.clone().into(),
        modification_date: Some(time(head.made_at)),
        compress: Some(true),
        location: None,
    }
}
