//! How things really are, hour by hour, and what comes of asking.

use domain::{ErrorKind, Policy, Profile, PromptClass, Target};
use routing::{
    Ask, Bar, Breaker, CallEnd as Seen, Facts, Learned, Liking, ReadyPolicy, Snapshot, decide, turned_out,
};
use serde::Deserialize;
use std::collections::BTreeMap;

pub const HOURS: usize = 24;
const DAY_MS: i64 = 86_400_000;
const START: i64 = 1_800_000_000_000;
/// How sharply it depends on the difference between quality and need whether an answer is good.
const SHARP: f64 = 9.0;
/// Answers of which somebody says whether they were good.
const TOLD: f64 = 0.2;

/// The scenario of the committed report.
pub const SHIPPED: &str = include_str!("scenario.json");

/// A day: who there is, and what happens.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub what: String,
    pub requests: u32,
    pub providers: Vec<Provider>,
    pub events: Vec<Event>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When it is not as `docs/routing.md` says, or an event names who is not there.
    pub fn read(text: &str) -> Result<Self, String> {
        let scenario: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if scenario.providers.is_empty() || scenario.requests == 0 {
            return Err("a day needs providers and requests".to_owned());
        }
        for event in &scenario.events {
            if !scenario.providers.iter().any(|provider| provider.target == event.target) {
                return Err(format!("an event names `{}`, which is none of the providers", event.target));
            }
        }
        for class in scenario.providers.iter().flat_map(|provider| provider.better_at.keys()) {
            if !PromptClass::ALL.iter().any(|known| known.as_str() == class) {
                return Err(format!("`better_at` names `{class}`, which is no class of prompt"));
            }
        }
        Ok(scenario)
    }

    /// The same day, and nothing happens.
    #[must_use]
    pub fn without_events(&self) -> Self {
        Self { events: Vec::new(), ..self.clone() }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub target: Target,
    usd_in: f64,
    usd_out: f64,
    /// What is published of it, for all classes.
    published: f32,
    quality: f64,
    first_ms: f64,
    tokens_per_second: f64,
    fails: f64,
    /// What nobody published.
    #[serde(default)]
    better_at: BTreeMap<String, f64>,
}

/// Something that is otherwise for a while.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Event {
    from_h: f64,
    to_h: f64,
    target: Target,
    quality: Option<f64>,
    first_ms: Option<f64>,
    tokens_per_second: Option<f64>,
    fails: Option<f64>,
}

/// Who is asked.
pub enum Who {
    Route(Policy),
    /// A route that is told nothing.
    Unlearning(Policy),
    Turns,
    Always(usize),
}

/// What a day came to: shares and means of all requests, and what each hour was worth.
pub struct Outcome {
    pub good: f64,
    pub usd: f64,
    pub seconds: f64,
    pub failed: f64,
    /// By the prices of the report.
    pub worth: [f64; HOURS],
    /// By what the balanced policy says that things are worth.
    pub by_policy: [f64; HOURS],
    pub requests: [f64; HOURS],
}

struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A request as it comes; the same for everybody who is asked in one seed.
struct Request {
    at: i64,
    class: PromptClass,
    /// How good an answer has to be.
    need: f64,
    /// How it looks: what a classifier would say, which is right only on the whole.
    strength: f32,
    input: u32,
    output: u32,
    /// Whether it is good, whether it fails, how long it takes, whether that is told of.
    lots: [f64; 4],
}

fn requests(scenario: &Scenario, seed: u64) -> Vec<Request> {
    let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut all: Vec<Request> = (0..scenario.requests)
        .map(|_| {
            // Most work is done by day.
            let hour = loop {
                let hour = chance.draw() * 24.0;
                let busy = (-((hour - 14.0) / 5.5).powi(2)).exp() + 0.12;
                if chance.draw() < busy {
                    break hour;
                }
            };
            let class = PromptClass::ALL[(chance.draw() * 7.0) as usize];
            let need = chance.draw().midpoint(chance.draw());
            let blurred = need + (chance.draw() + chance.draw() - 1.0) * 0.35;
            Request {
                at: START + (hour / 24.0 * DAY_MS as f64) as i64,
                class,
                need,
                strength: blurred.clamp(0.0, 1.0) as f32,
                input: 200 + (chance.draw() * 1_800.0) as u32,
                output: 100 + (need * 900.0) as u32,
                lots: [chance.draw(), chance.draw(), chance.draw(), chance.draw()],
            }
        })
        .collect();
    all.sort_by_key(|request| request.at);
    all
}

/// How everybody is at an hour.
fn now(scenario: &Scenario, hour: f64) -> Vec<Provider> {
    let mut all = scenario.providers.clone();
    for event in scenario.events.iter().filter(|event| (event.from_h..event.to_h).contains(&hour)) {
        for provider in all.iter_mut().filter(|provider| provider.target == event.target) {
            provider.quality = event.quality.unwrap_or(provider.quality);
            provider.first_ms = event.first_ms.unwrap_or(provider.first_ms);
            provider.tokens_per_second = event.tokens_per_second.unwrap_or(provider.tokens_per_second);
            provider.fails = event.fails.unwrap_or(provider.fails);
        }
    }
    all
}

pub fn simulate(scenario: &Scenario, who: &Who, seed: u64) -> Outcome {
    let mut learned = Learned::default();
    let facts = scenario.providers.iter().map(|provider| {
        let mut facts = Facts::of(provider.target.clone(), learned.slot(&provider.target));
        let nano = |usd: f64| (usd * 1e9) as i64;
        facts.prices = Some([nano(provider.usd_in), nano(provider.usd_in / 10.0), nano(provider.usd_out)]);
        facts.quality = [Some(provider.published); PromptClass::ALL.len()];
        facts.local = provider.usd_out == 0.0;
        facts
    });
    let snapshot = Snapshot { targets: facts.collect() };
    let ready = match who {
        Who::Route(policy) | Who::Unlearning(policy) => ReadyPolicy::new(policy.clone()).ok(),
        _ => None,
    };
    let balanced = ReadyPolicy::of(Profile::Balanced);
    let mut breakers = vec![Breaker::default(); scenario.providers.len()];
    let all = requests(scenario, seed);
    let (mut out, count) = (Outcome::empty(), all.len() as f64);
    for (turn, request) in (0_u32..).zip(&all) {
        let ms = (request.at - START) as u64;
        let hour = ms as f64 / 3_600_000.0;
        let world = now(scenario, hour);
        let chosen = match (who, &ready) {
            (Who::Always(at), _) => *at,
            (Who::Route(_) | Who::Unlearning(_), Some(policy)) => {
                let barred: Vec<(u32, Bar)> = (0..)
                    .zip(&breakers)
                    .filter_map(|(at, breaker)| {
                        let mut breaker = *breaker;
                        breaker.enter(ms).err().map(|wait| (at, Bar::Broken(wait)))
                    })
                    .collect();
                let ask = Ask {
                    class: request.class,
                    complexity: request.strength,
                    strength: request.strength,
                    input_tokens: request.input,
                    turn,
                    barred: &barred,
                    ..Ask::default()
                };
                let choice = decide(&snapshot, &learned, &ask, policy, request.at, turn ^ seed as u32);
                choice.order.first().map_or(0, |at| *at as usize)
            }
            _ => turn as usize % world.len(),
        };
        let provider = &world[chosen];
        let [good, fails, pace, told] = request.lots;
        let failed = fails < provider.fails;
        let first_ms = provider.first_ms * (0.6 + 0.8 * pace);
        let seconds = first_ms / 1_000.0 + f64::from(request.output) / provider.tokens_per_second;
        let usd =
            (f64::from(request.input) * provider.usd_in + f64::from(request.output) * provider.usd_out) / 1e6;
        let quality = provider.quality + provider.better_at.get(request.class.as_str()).unwrap_or(&0.0);
        let is_good = !failed && good < 1.0 / (1.0 + (-SHARP * (quality - request.need)).exp());
        let (usd, seconds) = if failed { (0.0, 2.0) } else { (usd, seconds) };
        let at = (hour as usize).min(HOURS - 1);
        out.requests[at] += 1.0;
        out.worth[at] += f64::from(u8::from(is_good)) - 10.0 * usd - seconds / 600.0;
        if !failed {
            out.by_policy[at] += f64::from(turned_out(&balanced, is_good, seconds as f32, usd as f32));
        }
        out.good += f64::from(u8::from(is_good)) / count;
        out.failed += f64::from(u8::from(failed)) / count;
        out.usd += usd / count;
        out.seconds += seconds / count;
        if !matches!(who, Who::Route(_)) {
            continue;
        }
        let breaker = &mut breakers[chosen];
        if let Ok(leave) = breaker.enter(ms) {
            if failed {
                breaker.failed(leave, ErrorKind::Overloaded, ms);
            } else {
                breaker.succeeded(leave);
            }
        }
        let seen = Seen {
            error: failed.then_some(ErrorKind::Overloaded),
            first_ms: (!failed).then_some(first_ms as u32),
            ended_ms: (seconds * 1_000.0) as u32,
            output: Some(request.output),
            cost: None,
        };
        learned.observe(&provider.target, Some(request.class), &seen, request.at);
        if !failed && told < TOLD {
            let liking = Liking { value: f32::from(u8::from(is_good)), need: request.strength };
            learned.liked(&provider.target, Some(request.class), liking, request.at);
        }
    }
    out
}

impl Outcome {
    fn empty() -> Self {
        Self {
            good: 0.0,
            usd: 0.0,
            seconds: 0.0,
            failed: 0.0,
            worth: [0.0; HOURS],
            by_policy: [0.0; HOURS],
            requests: [0.0; HOURS],
        }
    }
}
