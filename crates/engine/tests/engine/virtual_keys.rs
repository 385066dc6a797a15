//! Keys of callers: what is no key tells nothing and changes nothing.

use domain::{CaptureLevel, DeniedKind, KeyLimits, KeyScopes, NewKey};
use engine::{Engine, EngineOptions};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use testkit::Home;

fn named(name: &str) -> NewKey {
    NewKey {
        name: name.to_owned(),
        scopes: KeyScopes::default(),
        limits: KeyLimits::default(),
        budgets: Vec::new(),
        capture: CaptureLevel::Full,
        expires_at: None,
    }
}

async fn engine() -> (Home, Engine) {
    let home = Home::empty().unwrap();
    let engine = Engine::open(home.path(), EngineOptions::command()).await.unwrap();
    (home, engine)
}

#[tokio::test]
async fn words_of_sql_in_a_key_are_only_a_wrong_key() {
    let (_home, engine) = engine().await;
    let issued = engine.virtual_keys().issue(named("good")).await.unwrap();
    let before = engine.virtual_keys().list().await.unwrap();
    let public = &issued.key[..16];
    let mut tried =
        vec![String::new(), public.to_owned(), "\0".repeat(68), "ork_".to_owned() + &"é".repeat(32)];
    for words in [
        "'",
        "\"",
        "`",
        ";",
        "--",
        "/*",
        "%",
        "_",
        "\\",
        "' OR '1'='1",
        "' OR 1=1 --",
        "\" OR \"\"=\"",
        "') OR ('1'='1",
        "'; DROP TABLE virtual_key; --",
        "' UNION SELECT hash FROM virtual_key --",
        "' AND randomblob(1e9) --",
        "x' AND 1=(SELECT COUNT(*) FROM virtual_key); --",
        "%27%20OR%201=1",
        "$1",
        "?1",
        ":name",
        "@name",
        "NULL",
        "1e308",
        "-1",
        "x'00'",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "../../etc/passwd",
        "\r\nx-api-key: ork_good",
    ] {
        tried.extend([
            words.to_owned(),
            format!("ork_{words}"),
            format!("{public}{words}"),
            format!("{}{words}", *issued.key),
        ]);
    }
    assert!(tried.len() >= 120);
    for key in &tried {
        let denied = engine.virtual_keys().check(key).unwrap_err();
        assert_eq!(denied.kind, DeniedKind::Auth, "{key:?}");
        assert!(key.len() < 8 || !denied.message.contains(&key[4..]), "{key:?} is not repeated");
    }
    assert_eq!(engine.virtual_keys().list().await.unwrap(), before);
    assert_eq!(engine.virtual_keys().check(&issued.key).unwrap().id(), Some(issued.id));
}

/// Welch's t of two samples, without the slowest tenth of both: what interrupts has nothing to do with keys.
fn t_of(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    let mut all: Vec<f64> = a.iter().chain(&b).copied().collect();
    all.sort_by(f64::total_cmp);
    let bound = all[all.len() * 9 / 10];
    for sample in [&mut a, &mut b] {
        sample.retain(|time| *time <= bound);
    }
    let about = |sample: &[f64]| {
        let n = sample.len() as f64;
        let mean = sample.iter().sum::<f64>() / n;
        let variance = sample.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance / n)
    };
    let ((mean_a, error_a), (mean_b, error_b)) = (about(&a), about(&b));
    (mean_a - mean_b) / (error_a + error_b).sqrt()
}

/// So many of each of two keys in turns, in an order that nothing else follows.
fn measured(count: usize, keys: [&str; 2], mut check: impl FnMut(&str) -> bool) -> f64 {
    let mut times = [Vec::with_capacity(count), Vec::with_capacity(count)];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while times.iter().any(|times| times.len() < count) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let class = usize::from(state & 1 == 1);
        let since = Instant::now();
        let good = black_box(check(black_box(keys[class])));
        let took: Duration = since.elapsed();
        assert!(!good, "neither is a key");
        if times[class].len() < count {
            times[class].push(took.as_nanos() as f64);
        }
    }
    let [a, b] = times;
    t_of(a, b)
}

/// A key that is wrong from its first secret character on, and one that is wrong in its last one only.
fn wrong(key: &str) -> [String; 2] {
    let other = |c: char| if c == 'a' { 'b' } else { 'a' };
    let (head, secret) = key.split_at(16);
    let early: String = secret.chars().map(other).collect();
    let last = secret.chars().next_back().unwrap();
    let late = format!("{}{}", &secret[..secret.len() - last.len_utf8()], other(last));
    [format!("{head}{early}"), format!("{head}{late}")]
}

/// How long a refusal takes says nothing of how much of a key was right. The time itself is measured by
/// `cargo xtask soak key-timing` only, on a machine that does nothing else.
#[tokio::test]
async fn a_wrong_key_takes_as_long_wherever_it_is_wrong() {
    let soak = std::env::var_os("ORCHESITY_SOAK").is_some();
    let count = if soak { 20_000 } else { 200 };
    let (_home, engine) = engine().await;
    let issued = engine.virtual_keys().issue(named("good")).await.unwrap();
    let [early, late] = wrong(&issued.key);
    let keys = engine.virtual_keys();
    // A first round warms caches; of three, the calmest counts.
    let once = |_| measured(count, [&early, &late], |key| keys.check(key).is_ok()).abs();
    let t = (0..3).map(once).fold(f64::INFINITY, f64::min);
    // The twin: whoever compares character by character is found out.
    let naive = |key: &str| {
        key.len() == issued.key.len() && key.bytes().zip(issued.key.bytes()).all(|(a, b)| black_box(a) == b)
    };
    let twin = measured(count, [&early, &late], naive).abs();
    eprintln!("key timing: |t| = {t:.2}, without constant time {twin:.2}, {count} of each");
    if soak {
        assert!(t < 4.5, "{t}");
        assert!(twin > 4.5, "{twin}");
    }
}
