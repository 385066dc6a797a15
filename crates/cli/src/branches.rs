//! `orch conversations show|branches|merge|delete|restore`.

use crate::{
    ask,
    exit::{Exit, Trouble},
    table, terminal,
};
use clap::{Args as ClapArgs, ValueEnum};
use domain::{
    BranchId, BranchKind, BranchSummary, ConversationId, ConversationSource, DeleteWhat, Deletion,
    DeletionId, DeletionKind, MessageId, Params, Part, SynthesisKind, Synthesize, TakeSide, Target, Tree,
    TreeNode,
};
use engine::Engine;
use serde::Serialize;
use std::{
    collections::HashMap,
    io::{self, Write as _},
};

#[derive(Debug, ClapArgs)]
pub struct ShowArgs {
    /// Which
    pub id: ConversationId,
    /// The branch to show, by its id or its name; else the active one
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Print one JSON object a line for each message
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct BranchesArgs {
    /// Of which conversation
    pub id: ConversationId,
    /// Columns too, not only main and named branches
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct MergeArgs {
    /// Which conversation
    pub id: ConversationId,
    /// What to merge, at least two: branches, by id or name, or messages by id; the result stands beside
    /// the first
    #[arg(required = true, num_args = 2.., value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Take this one's answer as it is
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["model", "how", "instruction"])]
    pub take: Option<String>,
    /// Who is to make one answer of them
    #[arg(long, short = 'm', value_name = "TARGET", required_unless_present = "take")]
    pub model: Option<Target>,
    /// How
    #[arg(long, value_enum, default_value_t = How::Fuse)]
    pub how: How,
    /// The points of a checklist, the instruction of a custom merge, or a wish
    #[arg(long, value_name = "TEXT")]
    pub instruction: Option<String>,
    /// The branch that moves to the result, by id or name; else it is a new column
    #[arg(long, value_name = "BRANCH")]
    pub into: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum How {
    /// One text that has the best of each
    Fuse,
    /// One text that answers each point of a list
    Checklist,
    /// A table that compares them
    Table,
    /// As the instruction says
    Custom,
}

#[derive(Debug, ClapArgs)]
pub struct DeleteArgs {
    /// Which conversation
    pub id: ConversationId,
    /// Only this message and all that is below it
    #[arg(long, value_name = "MESSAGE", conflicts_with_all = ["branch", "keep"])]
    pub message: Option<MessageId>,
    /// Only this branch, by id or name: the pointer, no message
    #[arg(long, value_name = "BRANCH", conflicts_with = "keep")]
    pub branch: Option<String>,
    /// All but the paths of these branches; may be given several times
    #[arg(long, value_name = "BRANCH")]
    pub keep: Vec<String>,
    /// Erase it now and for good; without this it can be restored for 30 days
    #[arg(long)]
    pub erase: bool,
    /// Only say how much it would take
    #[arg(long, conflicts_with = "erase")]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct RestoreArgs {
    /// Which deletion, as `delete` names it; none lists what can be restored
    pub deletion: Option<DeletionId>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// The messages of one branch, in order.
pub async fn show(engine: &Engine, args: &ShowArgs) -> Result<(), Trouble> {
    let tree = engine.tree(args.id).await?;
    let branch = match &args.branch {
        Some(name) => find(&tree, name)?,
        None => tree.head.or_else(|| tree.branches.first().map(|b| b.id)).ok_or_else(empty)?,
    };
    let tip = tree.branches.iter().find(|b| b.id == branch).and_then(|b| b.tip);
    let nodes: HashMap<MessageId, &TreeNode> = tree.nodes.iter().map(|node| (node.id, node)).collect();
    // The first parent is that on the path, unless the node is a root that was merged.
    let roots = roots(engine, &tree).await?;
    let (mut path, mut at) = (Vec::new(), tip);
    while let Some(node) = at.and_then(|id| nodes.get(&id)) {
        path.push(*node);
        at = node.parents.first().copied().filter(|_| !roots.contains(&node.id));
    }
    let mut out = io::stdout().lock();
    for node in path.into_iter().rev() {
        if args.json {
            writeln!(out, "{}", json(node)?)?;
        } else {
            let who = node.model.as_ref().map_or_else(|| node.role.to_string(), ToString::to_string);
            writeln!(out, "{who} [{}]\n{}\n", node.status, terminal::out(text_of(&node.parts).trim_end()))?;
        }
    }
    Ok(out.flush()?)
}

/// Merges that stand at the root: their first parent is a source.
async fn roots(engine: &Engine, tree: &Tree) -> Result<Vec<MessageId>, Trouble> {
    let many: Vec<MessageId> = tree.nodes.iter().filter(|n| n.parents.len() > 1).map(|n| n.id).collect();
    let mut roots = Vec::new();
    for ids in many.chunks(200) {
        let views = engine.messages(ids).await?;
        roots.extend(views.iter().filter(|v| v.message.parent_id.is_none()).map(|v| v.message.id));
    }
    Ok(roots)
}

/// A branch as `--json` prints it: a contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BranchLine<'a> {
    id: BranchId,
    name: &'a str,
    kind: BranchKind,
    tip: Option<MessageId>,
    target: Option<&'a Target>,
    head: bool,
    pinned: bool,
    #[serde(flatten)]
    figures: Figures<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures<'a> {
    messages: u32,
    own: u32,
    usage: domain::Usage,
    cost: Option<domain::NanoUsd>,
    cost_estimated: bool,
    unpriced: u32,
    models: &'a [domain::ModelCount],
    last_activity: Option<domain::Timestamp>,
}

impl<'a> BranchLine<'a> {
    fn of(summary: &'a BranchSummary) -> Self {
        let branch = &summary.branch;
        Self {
            id: branch.id,
            name: &branch.name,
            kind: branch.kind,
            tip: branch.tip,
            target: branch.target.as_ref(),
            head: summary.head,
            pinned: branch.pinned,
            figures: Figures {
                messages: summary.messages,
                own: summary.own,
                usage: summary.usage,
                cost: summary.cost,
                cost_estimated: summary.cost_estimated,
                unpriced: summary.unpriced,
                models: &summary.models,
                last_activity: summary.last_activity,
            },
        }
    }
}

/// Branches with their figures, the active one first.
pub async fn branches(engine: &Engine, args: &BranchesArgs) -> Result<(), Trouble> {
    let mut all = engine.branches(args.id).await?;
    all.retain(|summary| args.all || summary.branch.kind != BranchKind::Column);
    let mut out = io::stdout().lock();
    if args.json {
        for summary in &all {
            writeln!(out, "{}", json(&BranchLine::of(summary))?)?;
        }
        return Ok(out.flush()?);
    }
    let cell = |summary: &BranchSummary| {
        let tokens = summary.usage.output.unwrap_or(0).saturating_add(summary.usage.reasoning.unwrap_or(0));
        vec![
            if summary.head { "*".to_owned() } else { String::new() },
            summary.branch.id.to_string(),
            summary.messages.to_string(),
            tokens.to_string(),
            summary.cost.map_or_else(|| "?".to_owned(), |cost| format!("${cost}")),
            summary.branch.name.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(cell).collect();
    table::write(&mut out, &["", "ID", "MESSAGES", "TOKENS OUT", "COST", "NAME"], &rows)?;
    Ok(out.flush()?)
}

/// Merges branches or messages, and prints the result.
pub async fn merge(engine: &Engine, args: &MergeArgs) -> Result<Exit, Trouble> {
    let tree = engine.tree(args.id).await?;
    let sources = args.sources.iter().map(|name| source(&tree, name)).collect::<Result<Vec<_>, _>>()?;
    let into = args.into.as_deref().map(|name| find(&tree, name)).transpose()?;
    let (message, branch, exit) = if let Some(take) = &args.take {
        let take = source(&tree, take)?;
        let merged = engine.take_side(TakeSide { sources: sources.clone(), take, branch: into }).await?;
        (merged.message, merged.branch, Exit::Good)
    } else {
        let Some(target) = args.model.clone() else {
            return Err(Trouble::Usage("name a model with `-m`, or an answer with `--take`".to_owned()));
        };
        let how = match args.how {
            How::Fuse => SynthesisKind::Fuse,
            How::Checklist => SynthesisKind::Checklist,
            How::Table => SynthesisKind::Table,
            How::Custom => SynthesisKind::Custom,
        };
        let request = Synthesize {
            sources: sources.clone(),
            how,
            instruction: args.instruction.clone(),
            target,
            params: Params::default(),
            branch: into,
        };
        let started = engine.synthesize(request, ConversationSource::Cli).await?;
        eprintln!("run {} in conversation {}", started.run, started.conversation);
        let exit = ask::wait(engine, &started).await?;
        let column = &started.columns[0];
        (column.message, column.branch, exit)
    };
    let view = engine.messages(&[message]).await?;
    let view = view.first().ok_or_else(empty)?;
    let text = view.message.text();
    let mut out = io::stdout().lock();
    if args.json {
        let model = view.completion.as_ref().and_then(|c| c.served.clone());
        let state = view.message.status;
        let object = serde_json::json!({
            "id": message, "branch": branch, "sources": sources, "status": state, "model": model, "text": text,
        });
        writeln!(out, "{object}")?;
    } else {
        writeln!(out, "{}", terminal::out(text.trim_end()))?;
    }
    out.flush()?;
    Ok(exit)
}

/// Deletes a conversation, or parts of one.
pub async fn delete(engine: &Engine, args: &DeleteArgs) -> Result<(), Trouble> {
    let tree = engine.tree(args.id).await?;
    let what = match (args.message, args.keep.is_empty()) {
        (Some(message), _) => {
            if !tree.nodes.iter().any(|node| node.id == message) {
                return Err(Trouble::Usage(format!("there is no message `{message}` in this conversation")));
            }
            Some(DeleteWhat::Below { message })
        }
        (None, false) => {
            let keep = args.keep.iter().map(|name| find(&tree, name)).collect::<Result<Vec<_>, _>>()?;
            Some(DeleteWhat::Others { keep })
        }
        (None, true) => None,
    };
    if args.dry_run {
        let count = match (&what, &args.branch) {
            (Some(what), _) => engine.count_deletion(what).await?,
            (None, named) => domain::DeletionCount {
                messages: if named.is_some() { 0 } else { tree.nodes.len() as u32 },
                branches: if named.is_some() { 1 } else { tree.branches.len() as u32 },
                bookmarks: 0,
                streaming: 0,
                also_here: 0,
                also_in: 0,
            },
        };
        let mut out = io::stdout().lock();
        if args.json {
            writeln!(out, "{}", json(&count)?)?;
        } else {
            writeln!(out, "{} messages, {} branches", count.messages, count.branches)?;
        }
        return Ok(out.flush()?);
    }
    let deletion = match (&what, &args.branch) {
        (Some(what), _) => engine.delete_messages(what).await?,
        (None, Some(name)) => engine.delete_branch(find(&tree, name)?).await?,
        (None, None) => {
            engine.delete_conversation(args.id).await?;
            let found = engine.deletions(Some(args.id)).await?;
            let found = found.into_iter().find(|d| d.kind == DeletionKind::Conversation);
            found.ok_or_else(empty)?
        }
    };
    if args.erase {
        engine.erase_deletion(deletion.id).await?;
    }
    print(&deletion, args.json, args.erase)
}

fn print(deletion: &Deletion, as_json: bool, erased: bool) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json(deletion)?)?;
    } else if erased {
        writeln!(out, "erased {} messages and {} branches", deletion.nodes, deletion.branches)?;
    } else {
        let (id, until) = (deletion.id, deletion.erase_after);
        writeln!(out, "deleted {} messages and {} branches", deletion.nodes, deletion.branches)?;
        writeln!(out, "`orch conversations restore {id}` brings them back until {until}")?;
    }
    Ok(out.flush()?)
}

/// Takes a deletion back, or lists what can be taken back.
pub async fn restore(engine: &Engine, args: &RestoreArgs) -> Result<(), Trouble> {
    if let Some(deletion) = args.deletion {
        return Ok(engine.restore_deletion(deletion).await?);
    }
    let all = engine.deletions(None).await?;
    let mut out = io::stdout().lock();
    if args.json {
        for deletion in &all {
            writeln!(out, "{}", json(deletion)?)?;
        }
    } else {
        let row = |d: &Deletion| {
            let (kind, until) = (d.kind.to_string(), d.erase_after.to_string());
            vec![d.id.to_string(), kind, d.nodes.to_string(), until, d.title.clone(), d.label.clone()]
        };
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        table::write(&mut out, &["ID", "WHAT", "MESSAGES", "UNTIL", "CONVERSATION", "BEGINS"], &rows)?;
    }
    Ok(out.flush()?)
}

/// A branch by its id or its name.
fn find(tree: &Tree, name: &str) -> Result<BranchId, Trouble> {
    if let Some(branch) = tree.branches.iter().find(|b| b.id.to_string() == name) {
        return Ok(branch.id);
    }
    let mut named = tree.branches.iter().filter(|b| b.name == name);
    match (named.next(), named.next()) {
        (Some(branch), None) => Ok(branch.id),
        (Some(_), Some(_)) => Err(Trouble::Usage(format!(
            "several branches are called `{name}`; name one by its id (`orch conversations branches --all`)"
        ))),
        _ => Err(Trouble::Usage(format!(
            "there is no branch `{name}`; `orch conversations branches {} --all` lists them",
            tree.id
        ))),
    }
}

/// A message by its id, or the tip of a branch.
fn source(tree: &Tree, name: &str) -> Result<MessageId, Trouble> {
    if let Some(node) = tree.nodes.iter().find(|node| node.id.to_string() == name) {
        return Ok(node.id);
    }
    let branch = find(tree, name)?;
    let tip = tree.branches.iter().find(|b| b.id == branch).and_then(|b| b.tip);
    tip.ok_or_else(|| Trouble::Usage(format!("branch `{name}` has no message yet")))
}

fn text_of(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
        .collect()
}

fn json(value: &impl Serialize) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::other)
}

fn empty() -> Trouble {
    Trouble::Usage("there is nothing in this conversation".to_owned())
}
