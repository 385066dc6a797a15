//! LMArena's leaderboards as comma-separated values.

use super::{Collector, Fact, ImportError};

/// Reads a leaderboard; `board` names it, else it is the one of text.
pub(super) fn read(text: &str, board: &str, rows: &mut Collector) -> Result<(), ImportError> {
    let mut lines = text.lines();
    let head = fields(lines.next().unwrap_or_default());
    let column = |name: &str| head.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let (Some(model), Some(score)) = (column("model"), column("arena_score")) else {
        return Err(ImportError::Unknown);
    };
    let votes = column("votes");
    let board = if board.is_empty() { "lmarena-text" } else { board };
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let row = fields(line);
        let id = row.get(model).map_or("", |field| field.trim()).to_owned();
        let Some(value) = row.get(score).and_then(|field| field.trim().parse::<f32>().ok()) else {
            rows.skip(&id, "its score is no figure");
            continue;
        };
        let votes = votes.and_then(|at| row.get(at)?.trim().parse().ok()).unwrap_or(0);
        rows.take(Fact { id, score: Some((board.to_owned(), value, votes)), ..Fact::default() });
    }
    Ok(())
}

/// The fields of a line; quoted ones may have commas, and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(field) = all.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(String::new()),
            c => field.push(c),
        }
    }
    all
}
