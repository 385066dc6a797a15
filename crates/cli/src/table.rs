//! Plain tables: columns padded to the widest cell, the last one left as it is.

use crate::terminal;
use std::io::{self, Write};

/// Writes a head and rows.
pub fn write(out: &mut impl Write, head: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let mut widths: Vec<usize> = head.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let last = row.len().saturating_sub(1);
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if at == last {
                writeln!(out, "{}", terminal::out(cell))?;
            } else {
                write!(out, "{}{}  ", terminal::out(cell), " ".repeat(width - cell.chars().count()))?;
            }
        }
    }
    Ok(())
}
