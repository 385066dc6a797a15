//! Two lines from where they part, and first words.

use super::{Trees, ancestor, node};
use crate::StoreError;
use domain::{MessageId, Part, Role};
use serde::Deserialize;
use sqlx::SqliteConnection;

/// Two lines from where they part, without texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The last message that both have.
    pub ancestor: Option<MessageId>,
    /// Messages after it on the left.
    pub left: u32,
    /// And on the right.
    pub right: u32,
    /// The n-th message of the n-th turn beside its like.
    pub pairs: Vec<LinePair>,
}

/// Two messages in the same place of two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePair {
    /// Turn after the ancestor.
    pub turn: u32,
    /// On the left.
    pub left: Option<MessageId>,
    /// On the right.
    pub right: Option<MessageId>,
    /// Whether both say the same.
    pub same: bool,
}

struct Step {
    uid: Vec<u8>,
    role: String,
    content_id: Option<i64>,
}

impl Trees<'_> {
    /// Two lines from where they part; `left` and `right` are their tips.
    ///
    /// # Errors
    /// When they are not of one conversation.
    pub async fn lines(&self, left: MessageId, right: MessageId) -> Result<Lines, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let tx = &mut *snapshot;
        let (a, b) = (node(tx, left).await?, node(tx, right).await?);
        if a.conversation_id != b.conversation_id {
            return Err(StoreError::Refused("lines to compare are of one conversation".to_owned()));
        }
        let shared = self.store.messages().common_ancestor(left, right).await?;
        let above = match shared {
            Some(shared) => node(tx, shared).await?.depth,
            None => -1,
        };
        debug_assert!(above < 0 || ancestor(tx, a.id, above).await?.is_some());
        let (a, b) = (line(tx, a.id, above).await?, line(tx, b.id, above).await?);
        let (left, right) = (a.len() as u32, b.len() as u32);
        let (a, b) = (turns(&a), turns(&b));
        let mut pairs = Vec::new();
        for turn in 0..a.len().max(b.len()) {
            let (x, y) = (a.get(turn).copied().unwrap_or(&[]), b.get(turn).copied().unwrap_or(&[]));
            for at in 0..x.len().max(y.len()) {
                let (x, y) = (x.get(at), y.get(at));
                let same = matches!((x, y), (Some(x), Some(y)) if x.content_id == y.content_id);
                let id = |step: Option<&Step>| step.map(|step| MessageId::from_bytes(&step.uid)).transpose();
                pairs.push(LinePair { turn: turn as u32, left: id(x)?, right: id(y)?, same });
            }
        }
        Ok(Lines { ancestor: shared, left, right, pairs })
    }
}

async fn line(tx: &mut SqliteConnection, tip: i64, above: i64) -> Result<Vec<Step>, StoreError> {
    Ok(sqlx::query_as!(
        Step,
        r#"WITH RECURSIVE line (id) AS (
            SELECT id FROM message WHERE id = ?1 AND depth > ?2
            UNION ALL
            SELECT m.parent_id FROM line CROSS JOIN message AS m ON m.id = line.id
            WHERE m.depth > ?2 + 1 AND m.parent_id IS NOT NULL
        )
        SELECT m.uid AS "uid!: Vec<u8>", m.role AS "role!: String", m.content_id AS "content_id?: i64"
        FROM line CROSS JOIN message AS m ON m.id = line.id ORDER BY m.depth"#,
        tip,
        above
    )
    .fetch_all(tx)
    .await?)
}

/// Cut before each user message: what comes before the first of them is turn 0, which may be empty.
fn turns(line: &[Step]) -> Vec<&[Step]> {
    let begins: Vec<usize> =
        (0..line.len()).filter(|at| line[*at].role == Role::User.as_str()).chain([line.len()]).collect();
    let mut turns = vec![&line[..begins[0]]];
    turns.extend(begins.windows(2).map(|pair| &line[pair[0]..pair[1]]));
    turns
}

/// Longest label, in characters.
const LABEL: usize = 48;

/// The first words of a stored content. Only the beginning of it is needed where that is text.
pub(crate) fn label_of(parts: &str) -> String {
    const TEXT: &str = r#"[{"type":"text","text":""#;
    if let Some(text) = parts.strip_prefix(TEXT) {
        // A label is short, so a beginning is enough; cut before an escape that may be incomplete.
        let mut end = text.len().min(1_000);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut escaped = false;
        let mut last = 0;
        for (at, character) in text[..end].char_indices() {
            if escaped {
                escaped = false;
                if character == 'u' {
                    continue;
                }
            } else if character == '\\' {
                last = at;
                escaped = true;
                continue;
            } else if character == '"' {
                last = at;
                break;
            }
            last = at + character.len_utf8();
        }
        for cut in [last, last.saturating_sub(6)] {
            if text.is_char_boundary(cut)
                && let Ok(said) = serde_json::from_str::<Words>(&format!("\"{}\"", &text[..cut]))
                && !said.0.trim().is_empty()
            {
                return shorten(&said.0);
            }
        }
    }
    let Ok(parts) = serde_json::from_str::<Vec<Part>>(parts) else { return String::new() };
    let said = parts.iter().find_map(|part| match part {
        Part::Text { text } if !text.trim().is_empty() => Some(text.as_str()),
        Part::File { name: Some(name), .. } | Part::ToolCall { name, .. } => Some(name),
        Part::ToolResult { text, .. } => Some(text),
        _ => None,
    });
    shorten(said.unwrap_or_default())
}

#[derive(Deserialize)]
struct Words(String);

fn shorten(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(LABEL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_first_line_that_says_something_however_it_is_stored() {
        let parts = |text: &str| serde_json::to_string(&[Part::text(text)]).unwrap();
        assert_eq!(label_of(&parts("\n  \n hello \"you\" \\ there\nmore")), "hello \"you\" \\ there");
        assert_eq!(label_of(&parts("a\u{1}b")), "a\u{1}b");
        assert_eq!(label_of(&parts("𝄞é".repeat(400).as_str())), "𝄞é".repeat(24));
        assert_eq!(label_of(&parts("")), "");
        // Only a beginning of the stored text, cut anywhere.
        let stored = parts(&"\u{1}x\n\"".repeat(300));
        for cut in 40..120 {
            let _ = label_of(&stored[..cut]);
        }
        let thought = r#"[{"type":"reasoning","text":"hm"},{"type":"text","text":"so"}]"#;
        assert_eq!(label_of(thought), "so");
    }
}
