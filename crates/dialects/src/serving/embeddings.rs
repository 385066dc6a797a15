//! `POST /v1/embeddings`, as far as anybody but the provider has to understand it.

use super::{
    Asked, Refusal,
    body::{self, At, Node},
};

pub(super) fn read(bytes: &[u8]) -> Result<Asked, Refusal> {
    let node = body::parse(bytes)?;
    let root = At::root(&node);
    let model = body::model(&root)?;
    input(&root.need("input")?)?;
    if let Some(format) = root.get("encoding_format")?
        && !matches!(format.text()?, "float" | "base64")
    {
        return Err(format.bad("`encoding_format` must be `float` or `base64`"));
    }
    root.count_of("dimensions", 1)?;
    Ok(Asked { model, choices: 1, ours: body::ours(&root)?, ..Asked::default() })
}

/// A text, tokens, or a list of either.
fn input(input: &At<'_, '_>) -> Result<(), Refusal> {
    let wrong = |at: &At<'_, '_>| at.not("a text, an array of texts, or tokens");
    let Node::List(_) = input.node else {
        return match input.text() {
            Ok("") => Err(input.bad("`input` is empty; send a text")),
            Ok(_) => Ok(()),
            Err(_) => Err(wrong(input)),
        };
    };
    let items = input.list()?;
    if items.len() == 0 {
        return Err(input.bad("`input` is empty; send at least one text"));
    }
    for item in items {
        match item.node {
            Node::Text(_) | Node::Number(_) => {}
            Node::List(_) => {
                for token in item.list()? {
                    token.count(0)?;
                }
            }
            _ => return Err(wrong(&item)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn texts_and_tokens_are_taken_and_what_is_neither_is_named() {
        for good in [
            r#"{"model":"a/b","input":"x"}"#,
            r#"{"model":"a/b","input":["x","y"],"dimensions":3,"encoding_format":"base64"}"#,
            r#"{"model":"a/b","input":[1,2]}"#,
            r#"{"model":"a/b","input":[[1,2],[3]],"models":["c/d"]}"#,
        ] {
            assert_eq!(read(good.as_bytes()).unwrap().model, "a/b", "{good}");
        }
        for (bad, param) in [
            (r#"{"input":"x"}"#, "model"),
            (r#"{"model":"m"}"#, "input"),
            (r#"{"model":"m","input":""}"#, "input"),
            (r#"{"model":"m","input":[]}"#, "input"),
            (r#"{"model":"m","input":{}}"#, "input"),
            (r#"{"model":"m","input":["x",null]}"#, "input[1]"),
            (r#"{"model":"m","input":[[1,"x"]]}"#, "input[0][1]"),
            (r#"{"model":"m","input":"x","dimensions":0}"#, "dimensions"),
            (r#"{"model":"m","input":"x","encoding_format":"int8"}"#, "encoding_format"),
        ] {
            assert_eq!(read(bad.as_bytes()).unwrap_err().param.as_deref(), Some(param), "{bad}");
        }
    }
}
