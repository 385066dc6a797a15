//! Where a call is put that says where it belongs.

use crate::wire::{Heard, Shape, Wire};
use domain::{ConversationId, MessageId, TrafficQuery};
use serde_json::json;

/// Asks this, with a change to body and headers; where question and answer were put.
async fn put(
    wire: &Wire,
    shape: Shape,
    text: &str,
    field: Option<(&str, String)>,
    header: Option<&str>,
) -> (ConversationId, MessageId) {
    let provider = if shape == Shape::Messages { "chat" } else { "anthropic" };
    let (path, mut body) = shape.question(&format!("{provider}/ok?tokens=3"), false);
    match shape {
        Shape::Responses => body["input"] = json!(text),
        Shape::Gemini => body["contents"][0]["parts"][0]["text"] = json!(text),
        _ => body["messages"][0]["content"] = json!(text),
    }
    if let Some((name, value)) = field {
        body[name] = json!(value);
    }
    let mut request = wire.post(&path, &body);
    if let Some(id) = header {
        request = request.header("x-orchesity-conversation", id);
    }
    let heard = Heard::read(shape, request.send().await.unwrap()).await;
    assert_eq!(heard.status, 200, "{heard:?}");
    // Nothing of ours goes on.
    let sent = wire.server.log().pop().unwrap();
    assert!(
        !sent.body.to_string().contains("conversation_id")
            && !sent.body.to_string().contains("parent_message")
    );
    assert_eq!(sent.header("x-orchesity-conversation"), None);
    wire.engine.catch_up_calls().await;
    let call = wire.engine.traffic().list(&TrafficQuery::default()).await.unwrap().calls.remove(0);
    let detail = wire.engine.traffic().of_run(call.run).await.unwrap();
    (detail.call.conversation.unwrap(), detail.call.message.unwrap())
}

#[tokio::test]
async fn a_call_is_put_where_its_body_or_its_header_says() {
    let wire = Wire::new().await;
    let (talk, first) = put(&wire, Shape::Chat, "the beginning", None, None).await;
    // The twin: what says nothing and follows nothing begins a conversation of its own.
    let (elsewhere, _) = put(&wire, Shape::Chat, "something else", None, None).await;
    assert_ne!(elsewhere, talk);

    let parents = async |message: MessageId| {
        let tree = wire.engine.tree(talk).await.unwrap();
        let above =
            |id: MessageId| tree.nodes.iter().find(|node| node.id == id).unwrap().parents.first().copied();
        let question = above(message).unwrap();
        above(question)
    };
    for (number, shape) in
        [Shape::Chat, Shape::Responses, Shape::Messages, Shape::Gemini].into_iter().enumerate()
    {
        let text = |way: &str| format!("{way} {number}");
        let (there, _) =
            put(&wire, shape, &text("body"), Some(("conversation_id", talk.to_string())), None).await;
        assert_eq!(there, talk, "{shape:?} by its body");
        let (there, _) = put(&wire, shape, &text("header"), None, Some(&talk.to_string())).await;
        assert_eq!(there, talk, "{shape:?} by its header");
        // Below that very message, though others were said since.
        let (there, answer) =
            put(&wire, shape, &text("parent"), Some(("parent_message_id", first.to_string())), None).await;
        assert_eq!((there, parents(answer).await), (talk, Some(first)), "{shape:?} by its parent");
    }
    // The body is asked before the header.
    let field = Some(("conversation_id", talk.to_string()));
    let (there, _) = put(&wire, Shape::Chat, "both", field, Some(&elsewhere.to_string())).await;
    assert_eq!(there, talk);
    assert_eq!(wire.engine.tree(elsewhere).await.unwrap().nodes.len(), 2);
    assert!(wire.engine.check().await.unwrap().ok);
}
