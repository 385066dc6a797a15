//! A caller's body as a tree that borrows from it, with the place of every value for refusals.
//!
//! Nesting is bounded by serde_json (128). Nothing is copied but texts that hold escapes.

use super::{Ours, Refusal};
use domain::ErrorKind;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap as _, SerializeSeq as _},
};
use serde_json::Number;
use std::{borrow::Cow, fmt};

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    /// In the order it was written, duplicates too.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Reads a body, which has to be one JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Node<'_>, Refusal> {
    let bad = |text: String| Refusal { param: None, ..Refusal::bad("", text) };
    let text = std::str::from_utf8(body).map_err(|e| {
        bad(format!("the body is not UTF-8 after byte {}; send JSON in UTF-8", e.valid_up_to()))
    })?;
    let node: Node<'_> = serde_json::from_str(text).map_err(|error| {
        bad(if text.trim().is_empty() {
            "the body is empty; send a JSON object".to_owned()
        } else {
            format!("the body cannot be read as JSON: {error}")
        })
    })?;
    match node {
        Node::Object(_) => Ok(node),
        other => Err(bad(format!("the body is {}; send a JSON object", other.kind()))),
    }
}

impl<'a> Node<'a> {
    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// A field of an object that is there and not null, whatever else stands under the same name.
    pub(super) fn peek(&self, name: &str) -> Option<&Node<'a>> {
        let Self::Object(fields) = self else { return None };
        fields.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v).filter(|v| !matches!(v, Self::Null))
    }

    /// The text it is, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// As JSON text.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A value and where it stands, as refusals name it: `messages[2].content`.
#[derive(Debug, Clone)]
pub(super) struct At<'n, 'a> {
    pub(super) node: &'n Node<'a>,
    place: Place<'n>,
}

/// Places are only spelled out when something is refused.
#[derive(Debug, Clone)]
struct Place<'n> {
    steps: [Step<'n>; DEEP],
    length: usize,
}

/// Deepest place that is told apart; what is deeper is told with its ancestor.
const DEEP: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Step<'n> {
    Root,
    Name(&'n str),
    Item(usize),
}

impl<'n> Place<'n> {
    fn then(&self, step: Step<'n>) -> Self {
        let mut place = self.clone();
        if let Some(free) = place.steps.get_mut(place.length) {
            *free = step;
            place.length += 1;
        }
        place
    }

    fn spelled(&self) -> String {
        use fmt::Write as _;
        let mut out = String::new();
        for step in &self.steps[..self.length] {
            match step {
                Step::Root => {}
                Step::Name(name) if out.is_empty() => out.push_str(name),
                Step::Name(name) => {
                    out.push('.');
                    out.push_str(name);
                }
                Step::Item(index) => {
                    let _ = write!(out, "[{index}]");
                }
            }
        }
        out
    }
}

impl<'n, 'a> At<'n, 'a> {
    /// The whole body.
    pub(super) fn root(node: &'n Node<'a>) -> Self {
        Self { node, place: Place { steps: [Step::Root; DEEP], length: 0 } }
    }

    /// Where it stands.
    pub(super) fn place(&self) -> String {
        self.place.spelled()
    }

    /// A refusal of this value.
    pub(super) fn bad(&self, message: impl Into<String>) -> Refusal {
        let place = self.place();
        Refusal { param: (!place.is_empty()).then_some(place), ..Refusal::bad("", message) }
    }

    /// A refusal because it is something else: `expected` as in `a string`.
    pub(super) fn not(&self, expected: &str) -> Refusal {
        self.bad(format!("`{}` must be {expected}, and is {}", self.place(), self.node.kind()))
    }

    /// A refusal of this object because a field is not there.
    pub(super) fn lacks(&self, name: &'n str) -> Refusal {
        let place = self.place.then(Step::Name(name)).spelled();
        Refusal::bad(&place, format!("`{place}` is missing"))
    }

    /// A field that is there and not null. A name that stands twice is refused: nobody could tell
    /// which one a provider reads.
    pub(super) fn get(&self, name: &'n str) -> Result<Option<Self>, Refusal> {
        let Node::Object(fields) = self.node else { return Err(self.not("an object")) };
        let mut found = fields.iter().filter(|(n, _)| n == name);
        let Some((_, node)) = found.next() else { return Ok(None) };
        let at = At { node, place: self.place.then(Step::Name(name)) };
        if found.next().is_some() {
            return Err(at.bad(format!("`{}` is given twice; leave one out", at.place())));
        }
        Ok((!matches!(node, Node::Null)).then_some(at))
    }

    /// A field that has to be there.
    pub(super) fn need(&self, name: &'n str) -> Result<Self, Refusal> {
        self.get(name)?.ok_or_else(|| self.lacks(name))
    }

    /// The items of an array.
    pub(super) fn list(&self) -> Result<impl ExactSizeIterator<Item = At<'n, 'a>> + use<'n, 'a>, Refusal> {
        let Node::List(items) = self.node else { return Err(self.not("an array")) };
        let place = self.place.clone();
        Ok(items.iter().enumerate().map(move |(i, node)| At { node, place: place.then(Step::Item(i)) }))
    }

    /// A string.
    pub(super) fn text(&self) -> Result<&'n str, Refusal> {
        self.node.as_text().ok_or_else(|| self.not("a string"))
    }

    /// A boolean.
    pub(super) fn flag(&self) -> Result<bool, Refusal> {
        if let Node::Bool(flag) = self.node { Ok(*flag) } else { Err(self.not("a boolean")) }
    }

    /// A number.
    pub(super) fn number(&self) -> Result<f64, Refusal> {
        match self.node {
            Node::Number(number) => number.as_f64().ok_or_else(|| self.not("a number")),
            _ => Err(self.not("a number")),
        }
    }

    /// A whole number from `least` on.
    pub(super) fn count(&self, least: u32) -> Result<u32, Refusal> {
        let Node::Number(number) = self.node else { return Err(self.not("a whole number")) };
        let whole = number.as_u64().or_else(|| {
            number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=1e15).contains(n)).map(|n| n as u64)
        });
        match whole {
            Some(n) if n >= u64::from(least) => Ok(u32::try_from(n).unwrap_or(u32::MAX)),
            _ => Err(self.bad(format!("`{}` must be a whole number of at least {least}", self.place()))),
        }
    }

    /// An object, as JSON text.
    pub(super) fn object_json(&self) -> Result<String, Refusal> {
        match self.node {
            Node::Object(_) => Ok(self.node.to_json()),
            _ => Err(self.not("an object")),
        }
    }

    /// A field that is a string, if it is there.
    pub(super) fn text_of(&self, name: &'n str) -> Result<Option<&'n str>, Refusal> {
        self.get(name)?.map(|at| at.text()).transpose()
    }

    /// A field that is a boolean; `false` where it is not there.
    pub(super) fn flag_of(&self, name: &'n str) -> Result<bool, Refusal> {
        Ok(self.get(name)?.map(|at| at.flag()).transpose()?.unwrap_or(false))
    }

    /// A field that is a number, if it is there.
    pub(super) fn number_of(&self, name: &'n str) -> Result<Option<f64>, Refusal> {
        self.get(name)?.map(|at| at.number()).transpose()
    }

    /// A field that is a whole number from `least` on, if it is there.
    pub(super) fn count_of(&self, name: &'n str, least: u32) -> Result<Option<u32>, Refusal> {
        self.get(name)?.map(|at| at.count(least)).transpose()
    }
}

/// Fields of ours at the top of a caller's body: they are never passed on.
pub(super) const OURS: [&str; 5] =
    ["models", "routing_profile", "conversation_id", "parent_message_id", "orchesity"];

/// Reads them. `orchesity` may hold the others, for clients that allow but one field of their own.
pub(super) fn ours(body: &At<'_, '_>) -> Result<Ours, Refusal> {
    let mut ours = Ours::default();
    let inner = body.get("orchesity")?;
    if let Some(inner) = &inner {
        ours.important = inner.flag_of("important")?;
    }
    for holder in inner.iter().chain([body]) {
        if let Some(models) = holder.get("models")? {
            ours.models = models.list()?.map(|m| m.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        }
        for (name, field) in [
            ("routing_profile", &mut ours.profile),
            ("conversation_id", &mut ours.conversation),
            ("parent_message_id", &mut ours.parent),
        ] {
            if let Some(text) = holder.text_of(name)? {
                *field = Some(text.to_owned());
            }
        }
    }
    Ok(ours)
}

/// The model, which has to be named.
pub(super) fn model(body: &At<'_, '_>) -> Result<String, Refusal> {
    let model = body.get("model")?.ok_or_else(|| no_model(body))?;
    match model.text()?.trim() {
        "" => Err(no_model(body)),
        text => Ok(text.to_owned()),
    }
}

fn no_model(_body: &At<'_, '_>) -> Refusal {
    Refusal {
        kind: ErrorKind::BadRequest,
        ..Refusal::bad("model", "name a `model`, such as `provider/model`, an alias, or `auto`")
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(n.into()))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(n.into()))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(n).map_or(Node::Null, Node::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Name(name), value)) = entries.next_entry()? {
            fields.push((name, value));
        }
        Ok(Node::Object(fields))
    }
}

/// A field's name, borrowed where it has no escapes (a plain `Cow` is always copied).
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Names)
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(flag) => to.serialize_bool(*flag),
            Self::Number(number) => number.serialize(to),
            Self::Text(text) => to.serialize_str(text),
            Self::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(fields) => {
                let mut object = to.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}
