//! A binary of its own: it counts every byte on the heap.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::io::Write;

use papers::sheet::{Column, Options};
use papers::{Cell, Sheet};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Takes everything and keeps nothing.
struct Nowhere(u64);

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The most bytes on the heap while so many rows are written and packed.
fn peak_bytes(rows: i64) -> usize {
    let column = |head: &str| Column { head: head.to_owned(), width_chars: 18 };
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let mut sheet = Sheet::new(Options {
        name: "明细".to_owned(),
        columns: ["房屋", "金额（元）", "时间"].map(column).to_vec(),
        zone: chrono_tz::Asia::Shanghai,
        made_at: "2026-11-23T07:50:44Z".parse().unwrap(),
        folder: None,
        sheet_rows_max: None,
    })
    .unwrap();
    let at = "2026-09-01T16:00:05Z".parse().unwrap();
    for row in 0..rows {
        let house = format!("{}幢{}室", row / 100, row);
        sheet.row(&[Cell::Text(&house), Cell::Money(row * 37), Cell::Instant(at)]).unwrap();
    }
    let mut nowhere = Nowhere(0);
    sheet.finish(&mut nowhere).unwrap();
    assert!(nowhere.0 > u64::try_from(rows).unwrap(), "something was written");
    HEAP.peak_usage() - before
}

#[test]
fn twenty_times_the_rows_take_no_more_memory() {
    let _warm = peak_bytes(10);
    let (few, many) = (peak_bytes(2_000), peak_bytes(40_000));
    assert!(many < few + 64 * 1024, "{few} bytes for 2,000 rows, {many} for 40,000");
}
