//! What can be typed after `orch models`.

use super::{own::OwnArgs, resolve::ResolveArgs};
use clap::{Args as ClapArgs, Subcommand};
use domain::PromptClass;
use engine::RankBy;

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Search the catalog: models of all known providers, asked here or not
    Search {
        /// Part of a name; without it, all
        #[arg(default_value = "")]
        text: String,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show all that is known of one model, by any of its names
    Show {
        /// Which
        name: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Put models side by side
    Compare {
        /// Which, by any of their names
        #[arg(required = true, num_args = 2..)]
        names: Vec<String>,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// What so many requests of a size would cost with each model, by the catalog's prices and without taxes
    Price(PriceArgs),
    /// Rank models: by quality, balanced, speed, budget or long-context
    Rankings {
        /// By what: quality, balanced, speed, budget or long-context
        #[arg(long, default_value_t = RankBy::Balanced)]
        by: RankBy,
        /// For which prompts: code, writing, analysis, maths, extraction, translation, chat, other
        #[arg(long, default_value_t = PromptClass::Other)]
        class: PromptClass,
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        number: usize,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Take a list of models and prices into the catalog; without --from, all lists that are known
    Sync(SyncArgs),
    /// Lists, how they are, and switching their schedule on or off
    Sources {
        /// Look at the known lists now and then, from now on: `on`, or `off`
        #[arg(long, value_name = "on|off", value_parser = on_or_off)]
        schedule: Option<bool>,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Prices that jumped more than tenfold and wait for a yes or no
    Held {
        #[command(flatten)]
        answer: HeldAnswer,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Models and prices of your own, which count before every list
    Own(OwnArgs),
    /// Prices as they changed, and models that lists have now or have no more, the newest first
    History {
        /// How many
        #[arg(long, short = 'n', default_value_t = 50)]
        number: u32,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Names of lists whose model is not sure
    Doubtful {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Say which model a name means; without a model, take that back
    Name {
        /// The name, as a provider writes it
        name: String,
        /// The model's canonical id, as `show` and `resolve` print it
        model: Option<String>,
    },
    /// Say which model a name means, as far as the catalog knows
    Resolve(ResolveArgs),
}

#[derive(Debug, ClapArgs)]
pub struct PriceArgs {
    /// Which, by any of their names or as `provider/model`; without any, all that can be asked now
    pub models: Vec<String>,
    /// Tokens that go in with each request
    #[arg(long, value_name = "N")]
    pub input: u32,
    /// Tokens that come out of each
    #[arg(long, value_name = "N")]
    pub output: u32,
    /// Of those that go in, how many are read from the provider's cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cached: u32,
    /// How many requests
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub requests: u32,
    /// At the prices of a batch, where they are known
    #[arg(long)]
    pub batch: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct SyncArgs {
    /// A file, or a public https address: LiteLLM's prices, models.dev's api.json, OpenRouter's models,
    /// LMArena's csv, a provider's own list, Hugging Face's metadata
    #[arg(long, value_name = "FILE|URL")]
    pub from: Option<String>,
    /// Whose list it is, or of which leaderboard (`lmarena-text`), where that cannot be seen in it
    #[arg(long, requires = "from", default_value = "")]
    pub provider: String,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub struct HeldAnswer {
    /// Say yes to one, as `provider/model`
    #[arg(long, value_name = "MODEL")]
    pub accept: Option<String>,
    /// Say yes to all
    #[arg(long)]
    pub accept_all: bool,
    /// Say no to one: what was known stays, until the list says something else again
    #[arg(long, value_name = "MODEL")]
    pub refuse: Option<String>,
    /// Say no to all
    #[arg(long)]
    pub refuse_all: bool,
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("say `on` or `off`".to_owned()),
    }
}
