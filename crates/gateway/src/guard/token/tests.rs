use super::{Read, Tokens, key_set::Ages};
use aws_lc_rs::{
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaKeyPair,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{DeniedKind, Target};
use engine::{JwtAlgorithm, JwtConfig, JwtKeys};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::{
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use zeroize::Zeroizing;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn good_claims() -> Value {
    json!({ "iss": "https://issuer.test", "aud": "orchesity", "exp": now() + 600, "sub": "ada" })
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = good_claims();
    change(&mut claims);
    claims
}

/// A token of these two texts, signed with a secret as the algorithm says.
fn signed_text(head: &str, claims: &str, secret: &[u8], algorithm: hmac::Algorithm) -> String {
    let message = format!("{}.{}", b64(head), b64(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", b64(signature))
}

fn signed(head: &Value, claims: &Value) -> String {
    signed_text(&head.to_string(), &claims.to_string(), SECRET.as_bytes(), HMAC_SHA256)
}

fn hs() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// An issuer with keys of its own, made for this test.
struct Issuer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

static ISSUER: LazyLock<Issuer> = LazyLock::new(Issuer::new);

impl Issuer {
    fn new() -> Self {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { rsa, ec }
    }

    fn rsa_jwk(&self, kid: &str) -> Value {
        // Modulus and exponent (65537) stand at the end of its usual form.
        let public = self.rsa.public_key().as_ref();
        let (n, e) = (&public[public.len() - 261..public.len() - 5], &public[public.len() - 3..]);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": b64(n), "e": b64(e),
        })
    }

    fn ec_jwk(&self, kid: &str) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": b64(&point[1..33]), "y": b64(&point[33..]) })
    }

    fn rs(&self, head: &Value, claims: &Value) -> String {
        self.rsa_signed(head, claims, &RSA_PKCS1_SHA256)
    }

    fn rsa_signed(
        &self,
        head: &Value,
        claims: &Value,
        padding: &'static dyn aws_lc_rs::signature::RsaEncoding,
    ) -> String {
        let message = format!("{}.{}", b64(head.to_string()), b64(claims.to_string()));
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(padding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", b64(signature))
    }

    fn es(&self, head: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", b64(head.to_string()), b64(claims.to_string()));
        let signature = self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", b64(signature))
    }
}

fn config(algorithm: JwtAlgorithm, keys: JwtKeys) -> JwtConfig {
    JwtConfig {
        algorithm,
        keys,
        issuer: "https://issuer.test".to_owned(),
        audience: "orchesity".to_owned(),
        leeway_s: 60,
        name_claim: "sub".to_owned(),
        scopes: Vec::new(),
    }
}

fn with_secret() -> JwtConfig {
    config(JwtAlgorithm::Hs256, JwtKeys::Secret { variable: "S".to_owned() })
}

fn of_secret() -> Tokens {
    let config = with_secret();
    let secret = |_: &str| Some(Zeroizing::new(SECRET.to_owned()));
    Tokens::build(&config, &secret, Arc::new(|_| async { Err("nobody".to_owned()) }.boxed())).unwrap()
}

/// What the issuer publishes; `Err` while it cannot be reached.
type Published = Arc<Mutex<Result<Value, String>>>;

fn of_set(algorithm: JwtAlgorithm, published: &Published) -> (Tokens, Arc<Mutex<u32>>) {
    let config = config(algorithm, JwtKeys::Set { url: "https://issuer.test/keys".to_owned() });
    let (published, asked) = (published.clone(), Arc::new(Mutex::new(0)));
    let count = asked.clone();
    let fetch = move |_: String| {
        *count.lock().unwrap() += 1;
        let now = published.lock().unwrap().clone().map(|set| set.to_string().into_bytes());
        async move { now }.boxed()
    };
    (Tokens::build(&config, &|_| None, Arc::new(fetch)).unwrap(), asked)
}

fn publishing(keys: &[Value]) -> Published {
    Arc::new(Mutex::new(Ok(json!({ "keys": keys }))))
}

/// Tokens that are worth nothing where an HS256 secret counts, each with what is wrong with it.
fn bad_with_secret() -> Vec<(&'static str, String)> {
    let set = |name: &'static str, value: Value| signed(&hs(), &with(|claims| claims[name] = value));
    let without =
        |name: &str| signed(&hs(), &with(|claims| drop(claims.as_object_mut().unwrap().remove(name))));
    let head = |name: &str, value: Value| {
        let mut head = hs();
        head[name] = value;
        signed(&head, &good_claims())
    };
    let unsigned =
        |alg: &str| format!("{}.{}.", b64(json!({ "alg": alg }).to_string()), b64(good_claims().to_string()));
    let fine = signed(&hs(), &good_claims());
    let (message, signature) = fine.rsplit_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let text = good_claims().to_string();
    let twice = |pair: &str| format!("{{{pair},{}", &text[1..]);
    let raw = |claims: &str| signed_text(&hs().to_string(), claims, SECRET.as_bytes(), HMAC_SHA256);
    let raw_head = |head: &str| signed_text(head, &text, SECRET.as_bytes(), HMAC_SHA256);
    let other = ISSUER.rsa_jwk("a");
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg NONE", unsigned("NONE")),
        ("alg nOnE", unsigned("nOnE")),
        ("alg none, signed all the same", head("alg", json!("none"))),
        ("no alg", raw_head("{\"typ\":\"JWT\"}")),
        ("alg empty", head("alg", json!(""))),
        ("alg a number", head("alg", json!(256))),
        ("alg a list", head("alg", json!(["HS256"]))),
        ("alg in small letters", head("alg", json!("hs256"))),
        ("alg twice", raw_head("{\"alg\":\"none\",\"alg\":\"HS256\"}")),
        ("says HS384", signed_text("{\"alg\":\"HS384\"}", &text, SECRET.as_bytes(), HMAC_SHA384)),
        ("signed with HS512", signed_text("{\"alg\":\"HS256\"}", &text, SECRET.as_bytes(), HMAC_SHA512)),
        ("says RS256", head("alg", json!("RS256"))),
        ("RS256 of another", ISSUER.rs(&json!({ "alg": "RS256" }), &good_claims())),
        ("another secret", signed_text(&hs().to_string(), &text, &[7; 32], HMAC_SHA256)),
        ("an empty secret", signed_text(&hs().to_string(), &text, b"", HMAC_SHA256)),
        ("no signature", format!("{message}.")),
        ("a cut signature", fine[..fine.len() - 4].to_owned()),
        ("a flipped bit", format!("{message}.{}", b64(flipped))),
        ("padding", format!("{fine}=")),
        ("the other base64", format!("{message}.{}+/", &signature[..signature.len() - 2])),
        ("a fourth part", format!("{fine}.x")),
        ("claims of another token", format!("{}.{}.{signature}", b64(hs().to_string()), b64("{}"))),
        ("claims that are a list", raw("[]")),
        ("claims that are cut", raw(&text[..text.len() - 1])),
        ("jku", head("jku", json!("https://evil.test/keys"))),
        ("jwk", head("jwk", other)),
        ("x5u", head("x5u", json!("https://evil.test/cert"))),
        ("x5c", head("x5c", json!(["MIIB"]))),
        ("crit", head("crit", json!(["exp"]))),
        ("b64", head("b64", json!(false))),
        ("zip", head("zip", json!("DEF"))),
        ("an encrypted one's head", head("enc", json!("A256GCM"))),
        ("typ of something else", head("typ", json!("secevent+jwt"))),
        ("kid with blanks", head("kid", json!("a b"))),
        ("kid a number", head("kid", json!(7))),
        ("kid without end", head("kid", json!("k".repeat(300)))),
        ("no exp", without("exp")),
        ("exp null", set("exp", Value::Null)),
        ("exp a text", set("exp", json!((now() + 600).to_string()))),
        ("exp a fraction", set("exp", json!(now() as f64 + 600.5))),
        ("exp below zero", set("exp", json!(-1))),
        ("exp twice", raw(&twice("\"exp\":1"))),
        ("expired", set("exp", json!(now() - 61))),
        ("expired long ago", set("exp", json!(1))),
        ("nbf a text", set("nbf", json!("0"))),
        ("nbf later", set("nbf", json!(now() + 120))),
        ("iat later", set("iat", json!(now() + 120))),
        ("no iss", without("iss")),
        ("another iss", set("iss", json!("https://issuer.test.evil"))),
        ("iss with a slash more", set("iss", json!("https://issuer.test/"))),
        ("iss a list", set("iss", json!(["https://issuer.test"]))),
        ("no aud", without("aud")),
        ("another aud", set("aud", json!("Orchesity"))),
        ("aud a list", set("aud", json!(["orchesity"]))),
        ("aud empty", set("aud", json!(""))),
        ("aud twice", raw(&twice("\"aud\":\"other\""))),
        ("scope a list", set("scope", json!(["orchesity:/v1/*"]))),
        ("a scope of ours that is none", set("scope", json!("orchesity:"))),
        ("16 KiB", set("pad", json!("x".repeat(12_000)))),
    ]
}

#[tokio::test]
async fn one_good_token_counts_and_no_other_spelling_of_it() {
    let tokens = of_secret();
    let grant = tokens.check(&signed(&hs(), &good_claims())).await.unwrap();
    assert_eq!((grant.name(), grant.id()), (Some("ada"), None));
    let bad = bad_with_secret();
    assert!(bad.len() >= 55, "{}", bad.len());
    for (what, token) in &bad {
        let judged = tokens.check(token).await;
        let kind = if what.starts_with("expired") { DeniedKind::Expired } else { DeniedKind::Auth };
        assert_eq!(judged.err(), Some(kind), "{what}");
    }
    // The twin: without the checks most of them would let their bearer in.
    let open = tokens.without_checks();
    let mut let_in = 0;
    for (_, token) in &bad {
        let_in += u32::from(open.check(token).await.is_ok());
    }
    assert!(let_in >= 40, "{let_in}");
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_no_more() {
    let tokens = of_secret();
    for (claim, seconds, good) in
        [("exp", -50, true), ("exp", -70, false), ("nbf", 50, true), ("nbf", 70, false)]
    {
        let at = now().saturating_add_signed(seconds);
        let judged = tokens.check(&signed(&hs(), &with(|claims| claims[claim] = json!(at)))).await;
        assert_eq!(judged.is_ok(), good, "{claim} {seconds}");
    }
}

#[tokio::test]
async fn scopes_of_ours_limit_and_those_of_others_do_not() {
    let tokens = of_secret();
    let scoped = |scope: &str| signed(&hs(), &with(|claims| claims["scope"] = json!(scope)));
    let target = |text: &str| text.parse::<Target>().unwrap();
    let grant = tokens.check(&scoped("openid orchesity:/v1/models orchesity:openai/*")).await.unwrap();
    grant.expect_route("/v1/models").unwrap();
    grant.expect_route("/v1/messages").unwrap_err();
    assert!(grant.allows_target(&target("openai/gpt")) && !grant.allows_target(&target("local/x")));
    let grant = tokens.check(&scoped("openid profile")).await.unwrap();
    grant.expect_route("/v1/messages").unwrap();
    // What the settings say of tokens without scopes of ours.
    let config = JwtConfig { scopes: vec!["/v1/models".to_owned()], ..with_secret() };
    let secret = |_: &str| Some(Zeroizing::new(SECRET.to_owned()));
    let nobody = Arc::new(|_| async { Err("nobody".to_owned()) }.boxed());
    let narrow = Tokens::build(&config, &secret, nobody.clone()).unwrap();
    narrow.check(&scoped("openid")).await.unwrap().expect_route("/v1/messages").unwrap_err();
    // And secrets that can be guessed are none.
    for weak in [None, Some("short")] {
        let secret = |_: &str| weak.map(|text: &str| Zeroizing::new(text.to_owned()));
        assert!(Tokens::build(&config, &secret, nobody.clone()).is_err());
    }
}

#[tokio::test]
async fn keys_of_the_set_count_for_the_algorithm_of_the_settings_only() {
    let (rsa, ec) = (ISSUER.rsa_jwk("r"), ISSUER.ec_jwk("e"));
    let secret_key = json!({ "kty": "oct", "kid": "s", "alg": "HS256", "k": b64(SECRET) });
    let encrypts = json!({ "use": "enc", "kid": "enc", "kty": "RSA", "n": rsa["n"], "e": rsa["e"] });
    let published = publishing(&[rsa.clone(), ec, secret_key, encrypts, json!({ "kty": "new" })]);
    let (tokens, _) = of_set(JwtAlgorithm::Rs256, &published);
    let head = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid });
    tokens.check(&ISSUER.rs(&head("RS256", "r"), &good_claims())).await.unwrap();
    let public = rsa["n"].as_str().unwrap();
    let stranger = Issuer::new();
    for (what, token) in [
        (
            "a public key as a secret",
            signed_text(
                &head("HS256", "r").to_string(),
                &good_claims().to_string(),
                public.as_bytes(),
                HMAC_SHA256,
            ),
        ),
        (
            "its bytes as a secret",
            signed_text(
                &head("HS256", "r").to_string(),
                &good_claims().to_string(),
                &URL_SAFE_NO_PAD.decode(public).unwrap(),
                HMAC_SHA256,
            ),
        ),
        (
            "the same, saying RS256",
            signed_text(
                &head("RS256", "r").to_string(),
                &good_claims().to_string(),
                public.as_bytes(),
                HMAC_SHA256,
            ),
        ),
        (
            "a secret in the set",
            signed_text(
                &head("HS256", "s").to_string(),
                &good_claims().to_string(),
                SECRET.as_bytes(),
                HMAC_SHA256,
            ),
        ),
        ("ES256, whose key is there", ISSUER.es(&head("ES256", "e"), &good_claims())),
        ("a key of another kind", ISSUER.rs(&head("RS256", "e"), &good_claims())),
        ("a key that encrypts", ISSUER.rs(&head("RS256", "enc"), &good_claims())),
        ("PSS padding", ISSUER.rsa_signed(&head("RS256", "r"), &good_claims(), &RSA_PSS_SHA256)),
        ("another's key", stranger.rs(&head("RS256", "r"), &good_claims())),
        ("no kid, many keys", ISSUER.rs(&json!({ "alg": "RS256" }), &good_claims())),
        ("an unknown kid", ISSUER.rs(&head("RS256", "x"), &good_claims())),
        ("a path for a kid", ISSUER.rs(&head("RS256", "../../../../dev/null"), &good_claims())),
        ("SQL for a kid", ISSUER.rs(&head("RS256", "x'/**/UNION/**/SELECT/**/1--"), &good_claims())),
        ("a NUL in a kid", ISSUER.rs(&head("RS256", "r\0"), &good_claims())),
        ("an empty kid", ISSUER.rs(&head("RS256", ""), &good_claims())),
        (
            "a jku beside",
            ISSUER.rs(
                &json!({ "alg": "RS256", "kid": "r", "jku": "https://issuer.test/keys" }),
                &good_claims(),
            ),
        ),
        (
            "its own jwk",
            stranger.rs(&json!({ "alg": "RS256", "jwk": stranger.rsa_jwk("r") }), &good_claims()),
        ),
        ("expired", ISSUER.rs(&head("RS256", "r"), &with(|claims| claims["exp"] = json!(1)))),
    ] {
        assert!(tokens.check(&token).await.is_err(), "{what}");
    }
    let (tokens, _) = of_set(JwtAlgorithm::Es256, &published);
    tokens.check(&ISSUER.es(&head("ES256", "e"), &good_claims())).await.unwrap();
    assert!(tokens.check(&ISSUER.rs(&head("RS256", "r"), &good_claims())).await.is_err());
}

#[tokio::test]
async fn keys_that_were_taken_back_or_cannot_be_had_let_nobody_in() {
    let published = publishing(&[ISSUER.rsa_jwk("old")]);
    let (tokens, asked) = of_set(JwtAlgorithm::Rs256, &published);
    let set_ages = |ages: Ages| {
        let super::Keys::Set(set) = &tokens.0.keys else { panic!("a set") };
        *set.ages.lock().unwrap() = ages;
    };
    let (long, none) = (Duration::from_hours(1), Duration::ZERO);
    let old = ISSUER.rs(&json!({ "alg": "RS256", "kid": "old" }), &good_claims());
    let next = Issuer::new();
    let new = next.rs(&json!({ "alg": "RS256", "kid": "new" }), &good_claims());
    tokens.check(&old).await.unwrap();
    tokens.check(&old).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), 1, "keys are kept");
    // Whoever invents names of keys does not make us ask each time.
    for _ in 0..20 {
        tokens.check(&new).await.unwrap_err();
    }
    assert_eq!(*asked.lock().unwrap(), 1);
    // Rotated: the new key is found at once when we may ask, and the old one is over.
    *published.lock().unwrap() = Ok(json!({ "keys": [next.rsa_jwk("new")] }));
    set_ages(Ages { fresh: long, keep: long, rest: none });
    tokens.check(&new).await.unwrap();
    assert_eq!(tokens.check(&old).await.err(), Some(DeniedKind::Auth));
    // Out of reach: what is known counts for a while, then nobody is let in.
    *published.lock().unwrap() = Err("down".to_owned());
    set_ages(Ages { fresh: none, keep: long, rest: none });
    tokens.check(&new).await.unwrap();
    set_ages(Ages { fresh: none, keep: none, rest: none });
    assert_eq!(tokens.check(&new).await.err(), Some(DeniedKind::Unavailable));
    *published.lock().unwrap() = Ok(json!({ "keys": [] }));
    assert_eq!(tokens.check(&new).await.err(), Some(DeniedKind::Unavailable));
    // Never reached at all.
    let (tokens, _) = of_set(JwtAlgorithm::Rs256, &Arc::new(Mutex::new(Err("down".to_owned()))));
    assert_eq!(tokens.check(&old).await.err(), Some(DeniedKind::Unavailable));
}

#[test]
fn virtual_keys_are_not_taken_for_tokens() {
    assert!(!Tokens::looks_like_one("ork_0123456789abcdef"));
    assert!(Read::of("a.b.c").is_none() && Read::of("").is_none());
}
