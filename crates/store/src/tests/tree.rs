use crate::testing::*;
use domain::{Hash, MessageId, Part, Role, content_hash, node_hash};
use proptest::prelude::*;

#[tokio::test]
async fn a_path_leaves_sibling_branches_out() {
    let (home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "hello").await;
    let kept = talk.say(Some(root), "kept").await;
    let sibling = talk.say(Some(root), "sibling").await;
    let path: Vec<_> = store.messages().path_to(kept).await.unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(path, [root, kept]);
    let page = store.messages().path_page(kept, None, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|v| (v.message.id, v.sibling, v.siblings)).collect::<Vec<_>>(),
        [(root, 0, 1), (kept, 0, 2)]
    );
    let children: Vec<_> = store.messages().children(root).await.unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(children, [kept, sibling]);
    assert_eq!(store.messages().common_ancestor(kept, sibling).await.unwrap(), Some(root));
    drop(home);
}

#[tokio::test]
async fn forking_copies_nothing() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "hello").await;
    talk.answer(&asked, "hi").await;
    let before = (rows_in(&store, "message").await, rows_in(&store, "content").await);
    let mut fork = branch(branch_id(), talk.conversation, domain::BranchKind::Named);
    fork.tip = Some(asked.user);
    store.branches().create(&fork).await.unwrap();
    assert_eq!((rows_in(&store, "message").await, rows_in(&store, "content").await), before);
    assert_eq!(store.branches().get(fork.id).await.unwrap(), Some(fork.clone()));
    // Saying the same again is another node, of the same content.
    talk.say(Some(asked.user), "hi").await;
    assert_eq!(
        (rows_in(&store, "message").await, rows_in(&store, "content").await),
        (before.0 + 1, before.1)
    );
}

#[tokio::test]
async fn a_node_stands_only_under_ended_nodes_of_its_own_conversation() {
    let (_home, store) = opened().await;
    let (talk, other) = (Talk::new(&store).await, Talk::new(&store).await);
    let asked = talk.ask(None, "hello").await;
    let below = talk.message(Some(asked.answer), Role::User, "too early");
    assert_eq!(store.messages().insert(&below, &[]).await.unwrap_err().kind(), "refused");
    let elsewhere = other.message(Some(asked.user), Role::User, "wrong place");
    assert_eq!(store.messages().insert(&elsewhere, &[]).await.unwrap_err().kind(), "refused");
    talk.answer(&asked, "hi").await;
    store.messages().insert(&below, &[]).await.unwrap();
}

#[tokio::test]
async fn a_merge_is_bound_to_its_sources_and_stands_beside_the_first() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let root = talk.say(None, "q").await;
    let (a, b) = (talk.say(Some(root), "a").await, talk.say(Some(root), "b").await);
    let merge = talk.message(Some(root), Role::Assistant, "ab");
    store.messages().insert(&merge, &[a, b]).await.unwrap();
    let tree = store.conversations().tree(talk.conversation).await.unwrap().unwrap();
    assert_eq!(tree.nodes.last().unwrap().parents, [root, a, b]);
    let path: Vec<_> = store.messages().path_to(merge.id).await.unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(path, [root, merge.id]);
    assert!(store.check().run().await.unwrap().ok);
    tamper(&store, "UPDATE message_source SET ord = 9 WHERE ord = 0").await;
    assert!(!store.check().run().await.unwrap().ok);
}

#[tokio::test]
async fn a_chain_of_fifty_thousand_is_walked_in_few_steps() {
    const LENGTH: usize = 50_000;
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let chain = deep_chain(&store, &talk, LENGTH).await;
    let tip = *chain.last().unwrap();
    let page = store.messages().path_page(tip, None, 30).await.unwrap();
    assert_eq!(page.iter().map(|v| v.message.id).collect::<Vec<_>>(), chain[LENGTH - 30..]);
    let page = store.messages().path_page(tip, Some(25_000), 30).await.unwrap();
    assert_eq!(page.iter().map(|v| v.message.id).collect::<Vec<_>>(), chain[24_970..25_000]);
    assert_eq!(store.messages().path_page(tip, Some(0), 30).await.unwrap(), []);
    assert_eq!(store.messages().ancestor_at(tip, 777).await.unwrap(), Some(chain[777]));
    assert_eq!(store.messages().ancestor_at(tip, LENGTH as u32).await.unwrap(), None);
    let fork = talk.say(Some(chain[12_345]), "elsewhere").await;
    assert_eq!(store.messages().common_ancestor(tip, fork).await.unwrap(), Some(chain[12_345]));
    assert_eq!(store.messages().path_to(tip).await.unwrap().len(), LENGTH);
    assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
}

/// Stores a chain as `insert` would, but in one statement.
pub(super) async fn deep_chain(store: &crate::Store, talk: &Talk, length: usize) -> Vec<MessageId> {
    let first = talk.say(None, "again").await;
    let parts = serde_json::to_string(&[Part::text("again")]).unwrap();
    let said = content_hash(parts.as_bytes());
    let mut hash: Hash = node_hash(Role::User, said, None, &[]);
    let (mut ids, mut rows, mut jumps) = (vec![first], Vec::new(), vec![0_usize]);
    for depth in 1..length {
        let (up, far) = (jumps[depth - 1], jumps[jumps[depth - 1]]);
        jumps.push(if depth - 1 - up == up - far { far } else { depth - 1 });
        hash = node_hash(Role::User, said, Some(hash), &[]);
        let id = message_id();
        rows.push(serde_json::json!([
            depth,
            jumps[depth],
            hash.to_string(),
            id.to_string().replace('-', "")
        ]));
        ids.push(id);
    }
    let mut tx = store.write(crate::Durability::Process).await.unwrap();
    sqlx::query(
        "INSERT INTO message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash, created_at)
        SELECT root.id + (value ->> 0), unhex(value ->> 3), root.conversation_id, root.id + (value ->> 0) - 1, value ->> 0,
            root.id + (value ->> 1), 'user', 'complete', root.content_id, unhex(value ->> 2), root.created_at
        FROM json_each(?), (SELECT * FROM message ORDER BY id DESC LIMIT 1) AS root",
    )
    .bind(serde_json::to_string(&rows).unwrap())
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    ids
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever the tree, its jump pointers find the same ancestors as walking up does.
    #[test]
    fn any_tree_knows_its_ancestors(parents in proptest::collection::vec(any::<proptest::sample::Index>(), 1..60)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_home, store) = opened().await;
            let talk = Talk::new(&store).await;
            let mut tx = store.write(crate::Durability::Process).await.unwrap();
            let (mut ids, mut above): (Vec<MessageId>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
            for parent in &parents {
                // Half of them go on where the last one stands, so that trees get deep.
                let parent = match ids.len() {
                    0 => None,
                    n if n % 2 == 1 => Some(n - 1),
                    n => Some(parent.index(n)),
                };
                let message = talk.message(parent.map(|p| ids[p]), Role::User, "x");
                crate::messages::insert(&mut tx, &message, &[]).await.unwrap();
                let mut path = parent.map_or_else(Vec::new, |p| above[p].clone());
                path.push(ids.len());
                ids.push(message.id);
                above.push(path);
            }
            tx.commit().await.unwrap();
            let (a, b) = (ids.len() - 1, ids.len() / 2);
            for (depth, node) in above[a].iter().enumerate() {
                assert_eq!(store.messages().ancestor_at(ids[a], depth as u32).await.unwrap(), Some(ids[*node]));
            }
            let shared = above[a].iter().zip(&above[b]).take_while(|(x, y)| x == y).last().map(|(x, _)| ids[*x]);
            assert_eq!(store.messages().common_ancestor(ids[a], ids[b]).await.unwrap(), shared);
            assert_eq!(store.check().run().await.unwrap().problems, [] as [&str; 0]);
        });
    }
}
