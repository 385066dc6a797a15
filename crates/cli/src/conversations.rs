//! `orch conversations tree` and `orch check`.

use crate::{
    exit::{Exit, Trouble},
    terminal,
};
use domain::{ConversationId, Part, Tree, TreeNode};
use engine::Engine;
use std::{
    collections::HashMap,
    io::{self, Write as _},
};

/// One conversation's messages and branches.
pub async fn tree(engine: &Engine, id: ConversationId, json: bool) -> Result<(), Trouble> {
    let tree = engine.tree(id).await?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&tree).map_err(io::Error::other)?)?;
    } else {
        draw(&mut out, &tree)?;
    }
    Ok(out.flush()?)
}

fn draw(out: &mut impl io::Write, tree: &Tree) -> io::Result<()> {
    writeln!(out, "{}", terminal::out(&tree.title))?;
    // Parents come before children, so depths are known in one pass; a chain draws flat.
    let mut children: HashMap<_, u32> = HashMap::new();
    for node in &tree.nodes {
        *children.entry(node.parents.first()).or_default() += 1;
    }
    let mut indent: HashMap<_, usize> = HashMap::new();
    for node in &tree.nodes {
        let parent = node.parents.first();
        let above = parent.and_then(|p| indent.get(p)).copied().unwrap_or(0);
        let here = above + usize::from(children.get(&parent).is_some_and(|n| *n > 1));
        indent.insert(node.id, here);
        let who = node.model.as_ref().map_or_else(|| node.role.to_string(), ToString::to_string);
        let tips: Vec<&str> =
            tree.branches.iter().filter(|b| b.tip == Some(node.id)).map(|b| b.name.as_str()).collect();
        let tips = if tips.is_empty() { String::new() } else { format!("  ← {}", tips.join(", ")) };
        writeln!(
            out,
            "{}{who} [{}] {}{}",
            "  ".repeat(here),
            node.status,
            terminal::out(&first_line(node)),
            terminal::out(&tips)
        )?;
    }
    Ok(())
}

fn first_line(node: &TreeNode) -> String {
    let text =
        node.parts.iter().find_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None });
    let line = text.unwrap_or_default().lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    line.chars().take(70).collect()
}

/// Proves the store whole; exit code 1 when it is not.
pub async fn check(engine: &Engine, json: bool) -> Result<Exit, Trouble> {
    let report = engine.check().await?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&report).map_err(io::Error::other)?)?;
    } else {
        for problem in &report.problems {
            writeln!(out, "{problem}")?;
        }
        let verdict =
            if report.ok { "all good" } else { "not whole; `backups/` in the data directory has copies" };
        writeln!(out, "{} conversations, {} messages: {verdict}", report.conversations, report.messages)?;
    }
    out.flush()?;
    Ok(if report.ok { Exit::Good } else { Exit::Failed })
}
