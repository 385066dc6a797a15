//! What is known when a route is asked for: the targets as settings and catalog have them, and the request.

use domain::{Ability, Capabilities, NanoUsd, PromptClass, Target};

/// What is known of one target; made anew when settings or catalog change, not for each request.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Whom.
    pub target: Target,
    /// Its place among what was observed.
    pub slot: u32,
    /// Why it cannot be asked at all; `None` when it can.
    pub off: Option<String>,
    /// Whether it is on this machine.
    pub local: bool,
    /// Whether it is made up here.
    pub simulated: bool,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// What it can do.
    pub can: Capabilities,
    /// Nano-dollars for a million tokens of input, of input that it has read already, and of output.
    pub prices: Option<[i64; 3]>,
    /// How good it is at each class of prompt, 0 to 1, as published; in the order of [`PromptClass::ALL`].
    pub quality: [Option<f32>; PromptClass::ALL.len()],
    /// What users prefer by their settings; higher first.
    pub priority: i32,
}

impl Facts {
    /// What is known to be so of a target of which nothing else is.
    #[must_use]
    pub fn of(target: Target, slot: u32) -> Self {
        Self {
            target,
            slot,
            off: None,
            local: false,
            simulated: false,
            context_window: None,
            can: Capabilities::default(),
            prices: None,
            quality: [None; PromptClass::ALL.len()],
            priority: 0,
        }
    }

    /// What a call is expected to cost, of which `warm` tokens of input were read before.
    #[must_use]
    pub fn cost(&self, input: u32, warm: u32, output: u32) -> Option<NanoUsd> {
        let [fresh, cached, out] = self.prices?;
        let of = |price: i64, tokens: u32| i128::from(price) * i128::from(tokens);
        let warm = warm.min(input);
        let sum = of(fresh, input - warm) + of(cached, warm) + of(out, output);
        Some(NanoUsd(i64::try_from(sum / 1_000_000).unwrap_or(i64::MAX)))
    }

    /// Whether it can do something; `None` is unknown.
    #[must_use]
    pub fn able(&self, ability: Ability) -> Option<bool> {
        match ability {
            Ability::Vision => self.can.vision,
            Ability::Tools => self.can.tools,
            Ability::Json => self.can.json,
            Ability::Reasoning => self.can.reasoning,
            Ability::WebSearch => self.can.web_search,
        }
    }
}

/// All targets that a route may choose from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// In the order of the settings.
    pub targets: Vec<Facts>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask<'a> {
    /// What kind of prompt it is.
    pub class: PromptClass,
    /// How hard it looks, 0 to 1.
    pub complexity: f32,
    /// How much it needs a strong model, 0 to 1.
    pub strength: f32,
    /// Tokens that go in, estimated.
    pub input_tokens: u32,
    /// The most tokens that may come out, if the request says so.
    pub max_output: Option<u32>,
    /// What it makes use of.
    pub needs: &'a [Ability],
    /// Nothing is tried with it.
    pub important: bool,
    /// Who has read this conversation already: its place in the snapshot.
    pub kept: Option<u32>,
    /// Counts the requests of this route.
    pub turn: u32,
    /// Calls under way, by place in the snapshot; those that are not named have none.
    pub busy: &'a [(u32, u32)],
    /// Who cannot be asked for this, or just now, and why.
    pub barred: &'a [(u32, Bar)],
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self {
            class: PromptClass::Other,
            complexity: 0.5,
            strength: 0.5,
            input_tokens: 0,
            max_output: None,
            needs: &[],
            important: false,
            kept: None,
            turn: 0,
            busy: &[],
            barred: &[],
        }
    }
}

impl Ask<'_> {
    /// How many tokens are expected to come out: hard prompts are answered at length.
    #[must_use]
    pub fn output_tokens(&self) -> u32 {
        let usual = 150 + (self.complexity.clamp(0.0, 1.0) * 1_050.0) as u32;
        self.max_output.map_or(usual, |most| usual.min(most))
    }
}

/// Why a target is left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Bar {
    /// It cannot be asked at all.
    Off,
    /// It makes no answers but vectors.
    Embeds,
    /// It is made up here, and the policy does not name it.
    MadeUp,
    /// The policy allows others only.
    NotAllowed,
    /// The policy denies it.
    Denied,
    /// The policy asks for this machine only.
    Remote,
    /// It is known to lack what is needed.
    Lacks(Ability),
    /// The policy requires what it is not known to do.
    Unknown(Ability),
    /// The prompt does not fit.
    Window {
        /// Tokens in and out.
        needed: u32,
        /// What it takes.
        has: u32,
    },
    /// It would cost more than the policy allows.
    Dear(NanoUsd),
    /// The policy has a cap on costs, and its price is not known.
    NoPrice,
    /// It is slower than the policy allows: milliseconds to the first word.
    Slow(u32),
    /// It is not good enough for the policy.
    Weak(f32),
    /// It failed three times in a row; it is asked again in so many milliseconds.
    Broken(u32),
    /// Its provider says that nothing is left of its limits for so many milliseconds.
    UsedUp(u32),
    /// Something that the caller found out.
    Other(String),
}
