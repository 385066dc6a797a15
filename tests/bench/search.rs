//! Finding text in a million messages: forty named queries, each asked many times, in classes. The store
//! is made for it and removed afterwards (about 3 GB); `BENCH_MESSAGES` is another size, and `BENCH_HOME`
//! a data directory that stays and is used again.

use crate::{
    Done, figure,
    portable::{self, MODELS},
    quantile,
};
use domain::{
    ConversationId, InstanceId, Portable, PortableMessage, Role, SearchOrder, SearchQuery, Timestamp,
};
use std::{collections::BTreeMap, path::Path, time::Instant};
use store::{Incoming, OpenOptions, Store};

/// How often each query is asked.
const ROUNDS: usize = 15;
/// Messages of one conversation, and conversations stored at once.
const LENGTH: u32 = 40;
const AT_ONCE: u32 = 25;
const BEGIN: i64 = 1_600_000_000_000;

pub async fn run() -> Done {
    let messages = std::env::var("BENCH_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let kept = std::env::var_os("BENCH_HOME");
    let temporary = tempfile::tempdir()?;
    let home = kept.as_deref().map_or(temporary.path(), Path::new);
    let fresh = !home.join("orchesity.db").exists();
    let (store, _) = Store::open(home, OpenOptions::default()).await?;
    if fresh {
        fill(&store, messages).await?;
    }
    let conversation = some_conversation(&store).await?;
    let mut classes: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut all = Vec::new();
    let queries = queries(conversation, messages);
    for (class, name, query) in &queries {
        let mut times = Vec::with_capacity(ROUNDS);
        let mut page = store.search().page(query).await?;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            page = store.search().page(query).await?;
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
        }
        let more = if page.more_than_total { "+" } else { "" };
        let what = format!("{class}: {name} ({}{more} hits), p50", page.total);
        figure("search", &what, quantile(&mut times, 0.5), "ms");
        classes.entry(class).or_default().extend(&times);
        all.extend(times);
    }
    for (class, mut times) in classes {
        figure("search", &format!("class {class}, p50"), quantile(&mut times, 0.5), "ms");
        figure("search", &format!("class {class}, p95"), quantile(&mut times, 0.95), "ms");
    }
    figure("search", &format!("{} queries, p50", queries.len()), quantile(&mut all, 0.5), "ms");
    figure("search", &format!("{} queries, p95", queries.len()), quantile(&mut all, 0.95), "ms");
    store.close().await;
    Ok(())
}

/// Forty queries, by class.
fn queries(conversation: ConversationId, messages: u32) -> Vec<(&'static str, &'static str, SearchQuery)> {
    let of = |text: &str| SearchQuery { text: text.to_owned(), ..SearchQuery::default() };
    let words = words();
    let at =
        |share: f64| Some(Timestamp::from_millis(BEGIN + (f64::from(messages) * share * 1_000.0) as i64));
    let model = || vec![MODELS[2].parse()].into_iter().filter_map(Result::ok).collect();
    let plain = |class, names: &[(&'static str, &str)]| -> Vec<_> {
        names.iter().map(|(name, text)| (class, *name, of(text))).collect()
    };
    let mut all = plain(
        "rare",
        &[
            ("one message", "zebrafinch7"),
            ("ten messages", "zebrafinch"),
            ("no message", "xqzzyq"),
            ("no message, common parts", "thereofing"),
            ("a rare word", &words[40_000]),
            ("a rare word in large letters", &words[50_000].to_uppercase()),
        ],
    );
    all.extend(plain(
        "common",
        &[
            ("in every message", "the"),
            ("a common word", "people"),
            ("a common ending", "tion"),
            ("a common stem", "ther"),
            ("a usual word", &words[500]),
            ("two common words", "water people"),
            ("three common words", "water people number"),
        ],
    ));
    all.extend(plain(
        "phrase",
        &[
            ("two common words", "\"other than\""),
            ("common words that never stand so", "\"about out many then\""),
            ("a fragment across words", "\"her and\""),
            ("four common words", "\"would make like him\""),
            ("a common and a usual word", &format!("\"people {}\"", words[300])),
            ("two usual words", &format!("\"{} {}\"", words[400], words[450])),
            ("beside a word", "\"water people\" number"),
        ],
    ));
    all.extend(plain(
        "one and two characters",
        &[
            ("a common pair", "is"),
            ("a rare pair", "zq"),
            ("a letter", "x"),
            ("a digit", "7"),
            ("a sign that is nowhere", "§"),
        ],
    ));
    all.extend(plain(
        "CJK",
        &[
            ("one common character", "\u{4e00}"),
            ("one rare character", "\u{5560}"),
            ("a common word of two", "\u{4e00}\u{4e01}"),
            ("a rare word of two", "\u{5120}\u{5121}"),
            ("three characters", "\u{4e00}\u{4e01}\u{4e02}"),
            ("two words", "\u{4e00}\u{4e01} \u{4e05}\u{4e06}"),
        ],
    ));
    all.extend([
        ("filter", "in a conversation", SearchQuery { conversation: Some(conversation), ..of("the") }),
        ("filter", "of a model", SearchQuery { models: model(), ..of("people") }),
        (
            "filter",
            "a phrase of a provider",
            SearchQuery { providers: vec!["ollama".to_owned()], ..of("\"other than\"") },
        ),
        ("filter", "said by the user", SearchQuery { roles: vec![Role::User], ..of("people") }),
        ("filter", "an old day", SearchQuery { from: at(0.1), until: at(0.103), ..of("people") }),
        ("filter", "an old month", SearchQuery { from: at(0.1), until: at(0.3), ..of("water") }),
        ("filter", "a tag that nobody has", SearchQuery { tags: vec!["none".to_owned()], ..of("the") }),
        ("filter", "ranked", SearchQuery { order: SearchOrder::Ranked, ..of(&words[20_000]) }),
        ("filter", "ranked, of a common word", SearchQuery { order: SearchOrder::Ranked, ..of("people") }),
    ]);
    all
}

async fn some_conversation(store: &Store) -> Result<ConversationId, store::StoreError> {
    let query = domain::ListQuery { limit: 1, ..domain::ListQuery::default() };
    let found = store.conversations().list(&query).await?;
    Ok(found.first().map_or_else(|| ConversationId::from_uuid(uuid::Uuid::nil()), |c| c.id))
}

/// Makes the store: conversations as an import brings them, then the index.
async fn fill(store: &Store, messages: u32) -> Result<(), Box<dyn std::error::Error>> {
    let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
    let at = Timestamp::from_millis(BEGIN);
    let _guard = store.instances().register(instance, "bench", std::process::id(), at).await?;
    let mut writer = Writer::new();
    let begun = Instant::now();
    let mut number = 0;
    while number < messages {
        let mut batch = Vec::new();
        for _ in 0..AT_ONCE {
            batch.push(Incoming { whole: Box::new(conversation(&mut writer, &mut number)?), fresh: true });
        }
        store.moving().take(&batch, instance).await?;
        if number.is_multiple_of(100_000) {
            eprintln!("{number} messages stored after {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
    figure("search", "storing the messages", begun.elapsed().as_secs_f64(), "s");
    let begun = Instant::now();
    let mut done = 0_u64;
    loop {
        let step = store.search().catch_up_step().await?;
        if step == 0 {
            break;
        }
        if done / 100_000 != (done + u64::from(step)) / 100_000 {
            eprintln!(
                "{} messages indexed after {:.0} s",
                done + u64::from(step),
                begun.elapsed().as_secs_f64()
            );
        }
        done += u64::from(step);
    }
    figure("search", "indexing them", begun.elapsed().as_secs_f64(), "s");
    Ok(())
}

fn conversation(writer: &mut Writer, number: &mut u32) -> Result<Portable, Box<dyn std::error::Error>> {
    let (mut messages, mut runs) = (Vec::<PortableMessage>::new(), Vec::new());
    let mut at = Timestamp::from_millis(BEGIN);
    for turn in 0..LENGTH {
        *number += 1;
        at = Timestamp::from_millis(BEGIN + i64::from(*number) * 1_000);
        let text = writer.text(*number);
        let model = (turn % 2 == 1).then(|| MODELS[writer.below(MODELS.len())]);
        let parent = messages.last().map(|message| message.id);
        let (message, run) = portable::message(parent, &text, model, at)?;
        messages.push(message);
        runs.extend(run);
    }
    let tip = messages.last().map(|message| message.id);
    Ok(portable::conversation(format!("conversation {}", *number / LENGTH), at, tip, messages, runs))
}

/// Texts as people write them, as far as an index can tell: few words that are common, many that are not
/// (Zipf), 65 words a message; each twentieth is of Chinese characters.
struct Writer {
    state: u64,
    words: Vec<String>,
    sums: Vec<f64>,
    signs: Vec<f64>,
}

const COMMON: &str = "the of and to in is you that it he was for on are as with his they I at be this have from or \
one had by word but not what all were we when your can said there use an each which she do how their if will up \
other about out many then them these so some her would make like him into time has look two more write go see number \
no way could people my than first water been call who oil its now find long down day did get come made may part";
const SYLLABLES: &str = "ba be bi bo bu ca ce co cu da de di do du fa fe fi fo ga ge go ha he hi ho la le li lo ma \
me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to tra tre pro con ver tion ment ing ness er al ent \
ist ive ous ate ize";

/// 60,000 words, the common ones first.
fn words() -> Vec<String> {
    let syllables: Vec<&str> = SYLLABLES.split_whitespace().collect();
    let mut words: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
    let mut seen: std::collections::HashSet<String> = words.iter().cloned().collect();
    let mut state = 11_u64;
    while words.len() < 60_000 {
        let count = [1, 2, 2, 3, 3, 3, 4, 4, 5][next(&mut state) as usize % 9];
        let word: String =
            (0..count).map(|_| syllables[next(&mut state) as usize % syllables.len()]).collect();
        if seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Writer {
    fn new() -> Self {
        let words = words();
        let sums = |count: usize, flat: f64| -> Vec<f64> {
            (0..count)
                .scan(0.0, |sum, rank| {
                    *sum += 1.0 / (rank as f64 + flat);
                    Some(*sum)
                })
                .collect()
        };
        Self { state: 7, sums: sums(words.len(), 2.7), signs: sums(3_000, 10.0), words }
    }

    fn below(&mut self, end: usize) -> usize {
        (next(&mut self.state) % end as u64) as usize
    }

    fn text(&mut self, number: u32) -> String {
        let mut text = String::with_capacity(500);
        if number % 20 == 7 {
            for _ in 0..20 + self.below(180) {
                let rank = pick(&mut self.state, &self.signs) as u32;
                text.extend(char::from_u32(0x4e00 + rank));
            }
        } else {
            for at in 0..5 + self.below(120) {
                if at > 0 {
                    text.push(' ');
                }
                text.push_str(&self.words[pick(&mut self.state, &self.sums)]);
            }
        }
        if number % 100_000 == 500 {
            text.extend([" zebrafinch", &(number / 100_000).to_string()]);
        }
        text
    }
}

/// A rank by its weight.
fn pick(state: &mut u64, sums: &[f64]) -> usize {
    let share = (next(state) >> 11) as f64 / (1_u64 << 53) as f64;
    let wanted = share * sums.last().copied().unwrap_or(1.0);
    sums.partition_point(|sum| *sum < wanted).min(sums.len() - 1)
}
