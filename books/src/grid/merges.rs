//! Merged ranges: one value for a whole rectangle.

use super::limits;

/// One merged rectangle; 0-based, both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    rows: (u32, u32),
    columns: (u32, u32),
}

/// The merged ranges of a sheet, found by position.
#[derive(Debug, Clone, Default)]
pub struct Merges {
    /// For every column: (first row, last row, origin column) sorted by first row. Ranges do not overlap.
    by_column: Vec<Vec<(u32, u32, u32)>>,
    count: usize,
}

impl Merges {
    /// Adds a rectangle, 0-based, both ends inside. Columns beyond the limit are cut off.
    pub fn add(&mut self, rows: (u32, u32), columns: (u32, u32)) {
        let range = Range { rows, columns: (columns.0, columns.1.min(limits::COLUMNS_MAX)) };
        if range.columns.0 > range.columns.1 || rows.0 > rows.1 {
            return;
        }
        self.count += 1;
        for column in range.columns.0..=range.columns.1 {
            let place = usize::try_from(column).unwrap_or(usize::MAX);
            if self.by_column.len() <= place {
                self.by_column.resize_with(place + 1, Vec::new);
            }
            if let Some(list) = self.by_column.get_mut(place) {
                let at = list.partition_point(|(first, _, _)| *first < range.rows.0);
                list.insert(at, (range.rows.0, range.rows.1, range.columns.0));
            }
        }
    }

    /// How many ranges were added.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// No merged range at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The cell (row, column) that holds the value of the range around this cell; none outside any range.
    #[must_use]
    pub fn origin(&self, row: u32, column: u32) -> Option<(u32, u32)> {
        let list = self.by_column.get(usize::try_from(column).ok()?)?;
        let after = list.partition_point(|(first, _, _)| *first <= row);
        let (first, last, origin_column) = list.get(after.checked_sub(1)?)?;
        (*last >= row).then_some((*first, *origin_column))
    }
}
