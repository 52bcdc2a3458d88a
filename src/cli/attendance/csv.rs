//! Tables as CSV. A cell that a spreadsheet would compute begins with an apostrophe.

use std::io::Write;

use crate::attendance::Cell;
use crate::untrusted::cell::cell;

/// Writes a head and rows.
pub(super) fn write(out: &mut dyn Write, head: &[&str], rows: &[Vec<Cell>]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(head).map_err(io_error)?;
    for row in rows {
        writer.write_record(row.iter().map(written)).map_err(io_error)?;
    }
    Ok(writer.flush()?)
}

/// A cell's text. Numbers are safe as they are.
pub(super) fn written(value: &Cell) -> String {
    match value {
        Cell::Text(text) => cell(text),
        Cell::Number(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
    }
}

/// A closed pipe is recognised by its `io::Error`.
fn io_error(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => anyhow::anyhow!("a row cannot be written: {other:?}"),
    }
}
