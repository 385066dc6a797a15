//! Where calls belong: the longest path that was said before, and what is new below it.

use super::{
    Captured, Keys, NewCall, Place, Said,
    write::{NewNode, Rows},
};
use crate::{StoreError, bulk, contents, rows};
use domain::{
    CompletionState, ConversationId, Hash, MessageStatus, Part, PrefixKey, Role, VirtualKeyId, content_hash,
    node_hash,
};
use sqlx::SqliteConnection;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// The nodes that a node's jump pointers lead over, itself first, up to its root.
#[derive(Debug)]
struct Jump {
    row: i64,
    depth: i64,
    up: Option<Arc<Jump>>,
}

/// A node that others may stand under.
#[derive(Debug, Clone)]
struct Node {
    row: i64,
    conversation: i64,
    role: Role,
    hash: Hash,
    depth: i64,
    scope: Option<i64>,
    prefix: Option<PrefixKey>,
    /// `None` until it is known that something is to stand under it.
    jump: Option<Arc<Jump>>,
}

/// A branch, and where its tip stands.
#[derive(Debug)]
struct Tip {
    branch: i64,
    node: Option<i64>,
    parent: Option<i64>,
    column: bool,
    /// It begins with this batch: its row has to be written whole.
    begins: Option<usize>,
    moved: bool,
}

/// A conversation that calls belong to.
#[derive(Debug, Default)]
struct Talk {
    uid: Option<ConversationId>,
    tips: Vec<Tip>,
    /// Place of the next branch, and how many there are.
    ord: i64,
    touched: Option<i64>,
    begins: Option<usize>,
}

/// What is known of the trees that calls belong to.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_key: HashMap<PrefixKey, Vec<Node>>,
    by_uid: HashMap<Vec<u8>, Node>,
    by_name: HashMap<(Option<i64>, String), Node>,
    /// Conversations by id: their row, and the tip of their head.
    by_talk: HashMap<ConversationId, (i64, Option<Node>)>,
    talks: HashMap<i64, Talk>,
    /// Of conversations that calls name: the key whose calls are captured there, and whether it was captured.
    owners: HashMap<i64, (Option<i64>, bool)>,
}

/// A node with its id, as it is read.
type NodeRow = (Vec<u8>, i64, i64, String, Vec<u8>, i64, Option<i64>, Option<Vec<u8>>);

fn node(row: NodeRow) -> Result<(Vec<u8>, Node), StoreError> {
    let (name, row, conversation, role, hash, depth, scope, prefix) = row;
    let prefix = prefix.as_deref().and_then(PrefixKey::from_bytes);
    let (role, hash) = (rows::word(&role)?, rows::hash(&hash)?);
    Ok((name, Node { row, conversation, role, hash, depth, scope, prefix, jump: None }))
}

/// A branch as it is read: its conversation, with the id of that; itself, its place and kind; its tip, and
/// what that stands under.
type TipRow = (i64, Vec<u8>, i64, i64, String, Option<i64>, Option<i64>);

/// Keys of the path that these messages are, below `parent`.
fn path(parent: Option<PrefixKey>, said: &[Said]) -> Vec<PrefixKey> {
    let mut keys = Vec::with_capacity(said.len());
    let mut last = parent;
    for message in said {
        let key = PrefixKey::below(last, message.role, &message.hash);
        keys.push(key);
        last = Some(key);
    }
    keys
}

/// What came after the last answer that the caller has sent along.
fn tail(said: &[Said]) -> &[Said] {
    let from = said.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1);
    &said[from..]
}

impl Places {
    /// Reads what these calls may belong to.
    pub(super) async fn find(
        tx: &mut SqliteConnection,
        calls: &[&NewCall],
        keys: &Keys,
    ) -> Result<Self, StoreError> {
        let mut places = Self::default();
        places.find_named(tx, calls, keys).await?;
        let mut wanted: BTreeSet<[u8; 16]> = BTreeSet::new();
        for call in calls {
            let Some(said) = &call.said else { continue };
            if places.named(said, row_of(keys, call.key)).is_some() {
                continue;
            }
            wanted.extend(path(None, &said.messages).iter().map(|key| *key.bytes()));
        }
        if !wanted.is_empty() {
            let found: Vec<NodeRow> = sqlx::query_as(
                "SELECT m.prefix_key, m.id, m.conversation_id, m.role, m.hash, m.depth, m.scope_id, m.prefix_key
                FROM json_each(?) AS one CROSS JOIN message AS m ON m.prefix_key = unhex(one.value)
                JOIN conversation AS c ON c.id = m.conversation_id
                WHERE m.deletion_id IS NULL AND c.deletion_id IS NULL AND m.hash IS NOT NULL ORDER BY m.id",
            )
            .bind(bulk::hex_list(wanted))
            .fetch_all(&mut *tx)
            .await?;
            for row in found {
                let (_, node) = node(row)?;
                if let Some(key) = node.prefix {
                    places.by_key.entry(key).or_default().push(node);
                }
            }
        }
        places.find_jumps(tx, calls, keys).await?;
        places.find_talks(tx).await?;
        Ok(places)
    }

    /// What calls name themselves.
    async fn find_named(
        &mut self,
        tx: &mut SqliteConnection,
        calls: &[&NewCall],
        keys: &Keys,
    ) -> Result<(), StoreError> {
        let (mut parents, mut conversations, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for call in calls {
            match call.said.as_ref().map(|said| &said.place) {
                Some(Place::Under(id)) => parents.push(id.bytes()),
                Some(Place::In(id)) => conversations.push(id.bytes()),
                Some(Place::After(name)) => names.push((name, row_of(keys, call.key))),
                Some(Place::Found) | None => {}
            }
        }
        if !parents.is_empty() {
            let found: Vec<NodeRow> = sqlx::query_as(
                "SELECT m.uid, m.id, m.conversation_id, m.role, m.hash, m.depth, m.scope_id, m.prefix_key
                FROM json_each(?) AS one JOIN message AS m ON m.uid = unhex(one.value)
                JOIN conversation AS c ON c.id = m.conversation_id
                WHERE m.deletion_id IS NULL AND c.deletion_id IS NULL AND m.hash IS NOT NULL",
            )
            .bind(bulk::hex_list(parents))
            .fetch_all(&mut *tx)
            .await?;
            self.by_uid = found.into_iter().map(node).collect::<Result<_, _>>()?;
        }
        for (name, scope) in names {
            let found: Option<NodeRow> = sqlx::query_as(
                "SELECT m.uid, m.id, m.conversation_id, m.role, m.hash, m.depth, m.scope_id, m.prefix_key
                FROM response JOIN message AS m ON m.id = response.message_id
                JOIN conversation AS c ON c.id = m.conversation_id
                WHERE response.name = ? AND response.virtual_key_id IS ? AND m.deletion_id IS NULL
                    AND c.deletion_id IS NULL AND m.hash IS NOT NULL",
            )
            .bind(name)
            .bind(scope)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(row) = found {
                self.by_name.insert((scope, name.clone()), node(row)?.1);
            }
        }
        if !conversations.is_empty() {
            let ids = bulk::hex_list(conversations);
            let found: Vec<(Vec<u8>, i64)> = sqlx::query_as(
                "SELECT c.uid, c.id FROM json_each(?) AS one JOIN conversation AS c ON c.uid = unhex(one.value)
                WHERE c.deletion_id IS NULL",
            )
            .bind(&ids)
            .fetch_all(&mut *tx)
            .await?;
            let tips: Vec<NodeRow> = sqlx::query_as(
                "SELECT c.uid, m.id, m.conversation_id, m.role, m.hash, m.depth, m.scope_id, m.prefix_key
                FROM json_each(?) AS one JOIN conversation AS c ON c.uid = unhex(one.value)
                JOIN branch ON branch.id = c.head_branch_id JOIN message AS m ON m.id = branch.tip_id
                WHERE c.deletion_id IS NULL AND m.deletion_id IS NULL AND m.hash IS NOT NULL",
            )
            .bind(ids)
            .fetch_all(&mut *tx)
            .await?;
            let mut tips: HashMap<Vec<u8>, Node> = tips.into_iter().map(node).collect::<Result<_, _>>()?;
            for (uid, row) in found {
                let tip = tips.remove(&uid);
                self.talks.entry(row).or_default();
                self.by_talk.insert(ConversationId::from_bytes(&uid)?, (row, tip));
            }
        }
        let nodes = self.by_uid.values().chain(self.by_name.values()).map(|node| node.conversation);
        let talks: BTreeSet<i64> = nodes.chain(self.by_talk.values().map(|(row, _)| *row)).collect();
        if !talks.is_empty() {
            let found: Vec<(i64, Option<i64>, bool)> = sqlx::query_as(
                "SELECT id, scope_id, source = 'gateway' FROM conversation WHERE id IN (SELECT value FROM json_each(?))",
            )
            .bind(rows::id_list(talks))
            .fetch_all(tx)
            .await?;
            self.owners = found.into_iter().map(|(row, scope, captured)| (row, (scope, captured))).collect();
        }
        Ok(())
    }

    /// Jumps of all nodes that something may be put under: those that calls name, and the last of what each
    /// has said before.
    async fn find_jumps(
        &mut self,
        tx: &mut SqliteConnection,
        calls: &[&NewCall],
        keys: &Keys,
    ) -> Result<(), StoreError> {
        let mut anchors: BTreeSet<i64> =
            self.by_uid.values().chain(self.by_name.values()).map(|n| n.row).collect();
        anchors.extend(self.by_talk.values().filter_map(|(_, tip)| tip.as_ref()).map(|n| n.row));
        for call in calls {
            let Some(said) = &call.said else { continue };
            let scope = row_of(keys, call.key);
            if self.named(said, scope).is_some() {
                continue;
            }
            let within = self.within(said, scope).map(|(row, _)| row);
            if let Some((_, node)) = self.longest(&said.messages, scope, within) {
                anchors.insert(node.row);
            }
        }
        if anchors.is_empty() {
            return Ok(());
        }
        let found: Vec<(i64, i64, i64)> = sqlx::query_as(
            "WITH RECURSIVE jump (anchor, id, depth, next) AS (
                SELECT id, id, depth, jump_id FROM message WHERE id IN (SELECT value FROM json_each(?))
                UNION ALL
                SELECT jump.anchor, m.id, m.depth, m.jump_id FROM jump CROSS JOIN message AS m ON m.id = jump.next)
            SELECT anchor, id, depth FROM jump ORDER BY anchor, depth",
        )
        .bind(rows::id_list(anchors))
        .fetch_all(tx)
        .await?;
        let mut jumps: HashMap<i64, Arc<Jump>> = HashMap::new();
        for (anchor, row, depth) in found {
            let up = jumps.remove(&anchor);
            jumps.insert(anchor, Arc::new(Jump { row, depth, up }));
        }
        let known = self.by_key.values_mut().flatten().chain(self.by_uid.values_mut());
        let known = known.chain(self.by_name.values_mut());
        for node in known.chain(self.by_talk.values_mut().filter_map(|(_, tip)| tip.as_mut())) {
            node.jump = jumps.get(&node.row).cloned();
        }
        Ok(())
    }

    /// Branches of all conversations that may grow.
    async fn find_talks(&mut self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let mut wanted: BTreeSet<i64> = self.talks.keys().copied().collect();
        let nodes = self.by_key.values().flatten().chain(self.by_uid.values()).chain(self.by_name.values());
        wanted.extend(nodes.filter(|node| node.jump.is_some()).map(|node| node.conversation));
        if wanted.is_empty() {
            return Ok(());
        }
        let found: Vec<TipRow> = sqlx::query_as(
            "SELECT c.id, c.uid, b.id, b.ord, b.kind, b.tip_id, tip.parent_id FROM json_each(?) AS one
            JOIN conversation AS c ON c.id = one.value JOIN branch AS b ON b.conversation_id = c.id
            LEFT JOIN message AS tip ON tip.id = b.tip_id
            WHERE b.deletion_id IS NULL ORDER BY b.conversation_id, b.ord, b.id",
        )
        .bind(rows::id_list(wanted))
        .fetch_all(tx)
        .await?;
        for (conversation, uid, branch, ord, kind, tip, parent) in found {
            let talk = self.talks.entry(conversation).or_default();
            talk.uid = Some(ConversationId::from_bytes(&uid)?);
            talk.ord = talk.ord.max(ord + 1);
            let column = kind == "column";
            talk.tips.push(Tip { branch, node: tip, parent, column, begins: None, moved: false });
        }
        Ok(())
    }

    /// The longest path of these messages that was said before: its length and its end. Within one
    /// conversation whoever said it, else with the same key.
    fn longest(&self, said: &[Said], scope: Option<i64>, within: Option<i64>) -> Option<(usize, Node)> {
        let keys = path(None, said);
        keys.iter().enumerate().rev().find_map(|(at, key)| {
            let nodes = self.by_key.get(key)?;
            let fits = |node: &&Node| match within {
                Some(conversation) => node.conversation == conversation,
                None => node.scope == scope,
            };
            // The last one: of equal answers the one that was given last.
            Some((at + 1, nodes.iter().rev().find(fits)?.clone()))
        })
    }

    /// The node that a call names, where it may, and what is new below that.
    fn named<'c>(&self, said: &'c Captured, scope: Option<i64>) -> Option<(Node, &'c [Said])> {
        let messages = said.messages.as_slice();
        let (node, new) = match &said.place {
            Place::Under(id) => (self.by_uid.get(id.bytes())?, tail(messages)),
            // Whoever follows a response sends nothing of what was before it.
            Place::After(name) => (self.by_name.get(&(scope, name.clone()))?, messages),
            Place::Found | Place::In(_) => return None,
        };
        self.is_open_to(node.conversation, scope).then(|| (node.clone(), new))
    }

    /// The conversation that a call names, where it may, with the tip of its head.
    fn within(&self, said: &Captured, scope: Option<i64>) -> Option<(i64, Option<&Node>)> {
        let Place::In(id) = &said.place else { return None };
        let (row, tip) = self.by_talk.get(id)?;
        self.is_open_to(*row, scope).then_some((*row, tip.as_ref()))
    }

    /// Whether calls of a key may name a conversation: one of the same key, or one that was captured.
    fn is_open_to(&self, conversation: i64, scope: Option<i64>) -> bool {
        self.owners.get(&conversation).is_none_or(|(owner, captured)| *captured || *owner == scope)
    }

    /// Where a call belongs: the node above it and the conversation, with the messages that are new.
    fn place<'c>(&self, said: &'c Captured, scope: Option<i64>) -> (Option<i64>, Option<Node>, &'c [Said]) {
        let messages = said.messages.as_slice();
        let named = self.named(said, scope);
        if let Some((row, tip)) = self.within(said, scope) {
            if let Some((known, node)) = self.longest(messages, scope, Some(row)) {
                return (Some(row), Some(node), &messages[known..]);
            }
            return (Some(row), tip.cloned(), if tip.is_some() { tail(messages) } else { messages });
        }
        if let Some((node, new)) = named {
            let (node, new) = self.known_below(node, new);
            return (Some(node.conversation), Some(node), new);
        }
        match self.longest(messages, scope, None) {
            Some((known, node)) if known == messages.len() || node.role == Role::Assistant => {
                (Some(node.conversation), Some(node), &messages[known..])
            }
            _ => (None, None, messages),
        }
    }

    /// What of it this batch has put below a node already.
    fn known_below<'c>(&self, from: Node, new: &'c [Said]) -> (Node, &'c [Said]) {
        let (mut node, mut rest) = (from, new);
        while let (Some(prefix), Some((first, others))) = (node.prefix, rest.split_first()) {
            let key = PrefixKey::below(Some(prefix), first.role, &first.hash);
            let here = node.conversation;
            let next = self.by_key.get(&key).and_then(|all| {
                all.iter().rev().find(|known| known.conversation == here && known.jump.is_some())
            });
            let Some(next) = next else { break };
            (node, rest) = (next.clone(), others);
        }
        (node, rest)
    }

    /// Takes one call in: its rows are gathered.
    pub(super) fn take(
        &mut self,
        call: &NewCall,
        key: Option<&(i64, String)>,
        rows: &mut Rows,
    ) -> Result<(), StoreError> {
        let scope = key.map(|(row, _)| *row);
        let Some(said) = &call.said else {
            rows.call(call, None, scope, None)?;
            return Ok(());
        };
        let (conversation, anchor, new) = self.place(said, scope);
        let conversation = match conversation {
            Some(row) => row,
            None => self.begin(call, said, key, rows)?,
        };
        let sibling_of = anchor.as_ref().filter(|_| new.is_empty()).map(|node| node.row);
        let from = anchor.as_ref().map(|node| node.row);
        let mut last = anchor;
        for message in new {
            last = Some(self.put(message, last.as_ref(), conversation, scope, None, call, rows)?);
        }
        let parent = last.as_ref().map(|node| node.row);
        let branch = self.branch(conversation, from, sibling_of, call, said, rows);
        let completion = rows.call(call, Some((conversation, branch)), scope, Some(said))?;
        let answer =
            self.put(&said.answer, last.as_ref(), conversation, scope, Some(completion), call, rows)?;
        if let Some(talk) = self.talks.get_mut(&conversation) {
            talk.touched = talk.touched.max(Some(call.ended_at.millis()));
            if let Some(tip) = talk.tips.iter_mut().find(|tip| tip.branch == branch) {
                (tip.node, tip.parent, tip.moved) = (Some(answer.row), parent, true);
            }
        }
        if let Some(name) = &said.response {
            rows.response(name, call, said.answer.id);
            self.by_name.insert((scope, name.clone()), answer);
        }
        Ok(())
    }

    /// A conversation begins, with its main branch.
    fn begin(
        &mut self,
        call: &NewCall,
        said: &Captured,
        key: Option<&(i64, String)>,
        rows: &mut Rows,
    ) -> Result<i64, StoreError> {
        let (row, begins) = rows.conversation(call, said, key)?;
        let target = call.served.as_ref().unwrap_or(&call.requested);
        let (branch, first) = rows.branch(row, said, target, "main".to_owned(), 0);
        let tip = Tip { branch, node: None, parent: None, column: false, begins: Some(first), moved: false };
        let talk = Talk {
            uid: Some(said.conversation),
            tips: vec![tip],
            ord: 1,
            touched: None,
            begins: Some(begins),
        };
        rows.head(begins, branch);
        self.talks.insert(row, talk);
        self.by_talk.insert(said.conversation, (row, None));
        Ok(row)
    }

    /// The branch that a call extends: the one whose tip it goes on from, or whose tip is the answer that it
    /// is a further sibling of; else a new one.
    fn branch(
        &mut self,
        conversation: i64,
        from: Option<i64>,
        sibling_of: Option<i64>,
        call: &NewCall,
        said: &Captured,
        rows: &mut Rows,
    ) -> i64 {
        let talk = self.talks.entry(conversation).or_default();
        let found = talk.tips.iter().filter(|tip| !tip.column).find(|tip| {
            (from.is_some() && tip.node == from)
                || (sibling_of.is_some() && tip.parent == sibling_of)
                // A conversation without a message.
                || (from.is_none() && tip.node.is_none())
        });
        if let Some(tip) = found {
            return tip.branch;
        }
        let name = format!("branch {}", talk.tips.len() + 1);
        let ord = talk.ord;
        talk.ord += 1;
        let target = call.served.as_ref().unwrap_or(&call.requested);
        let (branch, at) = rows.branch(conversation, said, target, name, ord.max(1));
        talk.tips.push(Tip {
            branch,
            node: None,
            parent: None,
            column: false,
            begins: Some(at),
            moved: false,
        });
        branch
    }

    /// One node.
    #[expect(clippy::too_many_arguments, reason = "what a node is bound to")]
    fn put(
        &mut self,
        said: &Said,
        parent: Option<&Node>,
        conversation: i64,
        scope: Option<i64>,
        completion: Option<i64>,
        call: &NewCall,
        rows: &mut Rows,
    ) -> Result<Node, StoreError> {
        let content = rows.content(&said.parts, call)?;
        let status = if completion.is_some() { status(&call.state) } else { MessageStatus::Complete };
        let hash = node_hash(
            said.role,
            content.unwrap_or_else(contents::nothing),
            parent.map(|node| node.hash),
            &[],
        );
        let prefix = match parent {
            // Below a node that was not captured nothing is found again.
            Some(Node { prefix: None, .. }) => None,
            _ if completion.is_some() && said.parts.is_empty() => None,
            _ => Some(PrefixKey::below(parent.and_then(|node| node.prefix), said.role, &said.hash)),
        };
        let above = parent.and_then(|node| node.jump.clone());
        let depth = parent.map_or(0, |node| node.depth + 1);
        let row = rows.next_message();
        let up = above.as_ref().map(jump_of);
        let at = if completion.is_some() { call.ended_at } else { call.at };
        rows.message(NewNode {
            row,
            uid: said.id,
            conversation,
            parent: parent.map(|node| node.row),
            depth,
            jump: up.as_ref().map(|jump| jump.row),
            role: said.role.as_str(),
            status: status.as_str(),
            content,
            hash,
            prefix,
            scope,
            completion,
            at: at.millis(),
        });
        let jump = Some(Arc::new(Jump { row, depth, up }));
        let node = Node { row, conversation, role: said.role, hash, depth, scope, prefix, jump };
        if let Some(key) = prefix {
            self.by_key.entry(key).or_default().push(node.clone());
        }
        self.by_uid.insert(said.id.bytes().to_vec(), node.clone());
        Ok(node)
    }

    /// Conversations that have grown.
    pub(super) fn touched(&self) -> Vec<ConversationId> {
        self.talks.values().filter(|talk| talk.touched.is_some()).filter_map(|talk| talk.uid).collect()
    }

    /// Where branches stand in the end, and when conversations have grown last.
    pub(super) fn finish(self, rows: &mut Rows) {
        for (conversation, talk) in self.talks {
            let Some(at) = talk.touched else { continue };
            for tip in talk.tips.iter().filter(|tip| tip.moved) {
                rows.tip(tip.branch, tip.begins, tip.node);
            }
            rows.touched(conversation, talk.begins, at);
        }
    }
}

fn row_of(keys: &Keys, key: Option<VirtualKeyId>) -> Option<i64> {
    keys.get(&key?).map(|(row, _)| *row)
}

/// Where a child of this node jumps to: over as much as its parent's two last jumps where these are
/// equally far, else to its parent.
fn jump_of(parent: &Arc<Jump>) -> Arc<Jump> {
    let near = parent.up.as_ref().unwrap_or(parent);
    let far = near.up.as_ref().unwrap_or(near);
    if parent.depth - near.depth == near.depth - far.depth { Arc::clone(far) } else { Arc::clone(parent) }
}

const fn status(state: &CompletionState) -> MessageStatus {
    match state {
        CompletionState::Complete { .. } => MessageStatus::Complete,
        CompletionState::Failed { .. } => MessageStatus::Failed,
        CompletionState::Stopped => MessageStatus::Stopped,
        CompletionState::Queued | CompletionState::Streaming | CompletionState::Interrupted => {
            MessageStatus::Interrupted
        }
    }
}

/// Parts as they are stored, with their hash; nothing said is nothing stored.
pub(super) fn stored(parts: &[Part]) -> Result<Option<(String, Hash)>, StoreError> {
    if parts.is_empty() {
        return Ok(None);
    }
    let json = rows::to_json(parts)?;
    let hash = content_hash(json.as_bytes());
    Ok(Some((json, hash)))
}
