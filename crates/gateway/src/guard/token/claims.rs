//! The two readable parts of a token, read strictly.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use engine::JwtAlgorithm;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// Words of a head that make its key or its meaning the token's own choice.
const FOREIGN: [&str; 9] = ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty"];
/// Longest name of a key.
const MAX_KID: usize = 200;

/// The bytes of a part; none where it is not spelled in the one right way.
pub(super) fn bytes(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// An object in which no name stands twice.
pub(super) struct Claims(BTreeMap<String, Value>);

impl Claims {
    pub(super) fn read(part: &str) -> Option<Self> {
        serde_json::from_slice(&bytes(part)?).ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Seconds since 1970, as a whole number.
    pub(super) fn time(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Claims;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
                let mut claims = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name stands twice"));
                    }
                }
                Ok(Claims(claims))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

/// The head of a token.
pub(super) struct Head(Claims);

impl Head {
    pub(super) fn read(part: &str) -> Option<Self> {
        Claims::read(part).map(Self)
    }

    /// Whether it says nothing but which algorithm, which must be this one, and which key.
    pub(super) fn is_plain(&self, algorithm: JwtAlgorithm) -> bool {
        let typ = match self.0.text("typ") {
            None => !self.0.has("typ"),
            Some(typ) => ["jwt", "at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known)),
        };
        let kid = !self.0.has("kid") || self.kid().is_some();
        let named = self.alg() == Some(algorithm.as_str());
        named && typ && kid && !FOREIGN.iter().any(|word| self.0.has(word))
    }

    pub(super) fn alg(&self) -> Option<&str> {
        self.0.text("alg")
    }

    /// The key's name. It is only ever compared.
    pub(super) fn kid(&self) -> Option<&str> {
        self.0
            .text("kid")
            .filter(|kid| kid.len() <= MAX_KID && kid.bytes().all(|byte| byte.is_ascii_graphic()))
    }
}
