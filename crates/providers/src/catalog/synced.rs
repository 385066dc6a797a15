//! The catalog in force: what lists said since, on top of what is bundled, and the user's word on
//! what names mean over both.

use super::{
    CatalogModel, Fact, Kind, Match, SURE, Score, Scores, find_with, names, resolve::Names, shelf_of,
};
use domain::{Capabilities, ModelDates, Prices};
use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

/// A name whose model is not sure: for the user to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// The name.
    pub name: String,
    /// Who has it: a list's kind.
    pub source: String,
    /// What it most likely means.
    pub model: String,
    /// How sure that is.
    pub score: f32,
}

/// What lists said, and the user's word on names.
#[derive(Debug, Default)]
pub struct Synced {
    shelves: HashMap<String, HashMap<String, CatalogModel>>,
    aliases: HashMap<String, String>,
    /// Every fact, with the day of its list.
    facts: Vec<Told>,
    names: OnceLock<Names>,
    scores: OnceLock<Scores>,
}

/// What a list of a kind, taken on a day, says of a model.
type Told = (Kind, String, Fact);

/// Which list counts where several tell of one figure: the provider's own, then those closest to it.
fn weight(kind: Kind) -> u8 {
    match kind {
        Kind::HuggingFace | Kind::Lmarena => 0,
        Kind::Openrouter => 1,
        Kind::Litellm => 2,
        Kind::ModelsDev => 3,
        Kind::Provider => 4,
    }
}

impl Synced {
    /// Of all lists' facts, each with the day on which its list was taken, and the user's word on which
    /// model a name means.
    pub fn new(facts: Vec<Told>, aliases: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut by_model: BTreeMap<(&str, String), Vec<&Told>> = BTreeMap::new();
        for row in &facts {
            if row.2.score.is_none() && !row.2.provider.is_empty() {
                by_model.entry((&row.2.provider, row.2.id.to_lowercase())).or_default().push(row);
            }
        }
        let mut shelves: HashMap<String, HashMap<String, CatalogModel>> = HashMap::new();
        for ((shelf, id), mut rows) in by_model {
            rows.sort_by_key(|(kind, ..)| weight(*kind));
            let mut model = super::bundled(shelf, &id).cloned();
            for (kind, date, fact) in rows {
                model = Some(merged(model, *kind, date, fact));
            }
            if let Some(model) = model {
                shelves.entry(shelf.to_owned()).or_default().insert(id, model);
            }
        }
        let aliases = aliases.into_iter().map(|(name, model)| (name.trim().to_lowercase(), model)).collect();
        Self { shelves, aliases, facts, names: OnceLock::new(), scores: OnceLock::new() }
    }

    /// What is known of a preset's model, also under its dated name.
    pub fn lookup(&self, preset: &str, model: &str) -> Option<&CatalogModel> {
        let shelf = shelf_of(preset)?;
        let synced = self.shelves.get(shelf);
        find_with(model, |id| synced.and_then(|shelf| shelf.get(id)).or_else(|| super::bundled(shelf, id)))
    }

    /// The user's words on names: each name with the model that it means.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.aliases.iter().map(|(name, model)| (name.as_str(), model.as_str()))
    }

    /// All models, by shelf and id.
    pub fn models(&self) -> Vec<&CatalogModel> {
        let mut all: BTreeMap<(&str, String), &CatalogModel> = BTreeMap::new();
        let synced = self.shelves.values().flat_map(HashMap::values);
        for model in super::all().iter().chain(synced) {
            all.insert((&model.provider, model.id.to_lowercase()), model);
        }
        all.into_values().collect()
    }

    fn names(&self) -> &Names {
        if self.facts.is_empty() {
            return &names::bundled().names;
        }
        self.names.get_or_init(|| {
            let linked = self.facts.iter().filter(|(.., fact)| !fact.aliases.is_empty());
            let groups = linked.map(|(.., fact)| {
                let id = fact.id.split(':').next().unwrap_or(&fact.id);
                let mut all: Vec<&str> = fact.aliases.iter().map(String::as_str).collect();
                all.push(&fact.id);
                all.extend(fact.name.as_deref());
                (id, all)
            });
            // A leaderboard's name is looked up, it does not make a model.
            let seen = self.facts.iter().filter(|(.., fact)| !fact.provider.is_empty());
            names::with(groups, seen.map(|(.., fact)| fact.id.as_str()))
        })
    }

    /// Which model a name means, as `source` writes it; the user's word counts first.
    pub fn resolve(&self, name: &str, source: &str) -> Option<Match> {
        if let Some(model) = self.aliases.get(&name.trim().to_lowercase()) {
            return Some(Match { model: model.clone(), score: 1.0, known: true });
        }
        self.names().resolve(name, source)
    }

    /// What leaderboards say, bundled figures and later ones.
    pub fn scores(&self) -> &Scores {
        let later = || self.facts.iter().filter_map(|row| row.2.score.as_ref().map(|score| (row, score)));
        if later().next().is_none() && self.aliases.is_empty() {
            return &names::bundled().scores;
        }
        self.scores.get_or_init(|| {
            let later = later().filter_map(|((_, date, fact), (board, value, votes))| {
                let model = self.resolve(&fact.id, board)?.model;
                let (source, date) = ("LMArena leaderboard".to_owned(), date.clone());
                Some((model, Score { board: board.clone(), value: *value, votes: *votes, source, date }))
            });
            Scores::new(names::bundled().scores.all().chain(later))
        })
    }

    /// Names of lists whose model is not sure and that nobody has settled.
    pub fn doubtful(&self) -> Vec<Doubt> {
        let mut all: BTreeMap<&str, Doubt> = BTreeMap::new();
        for (kind, _, fact) in &self.facts {
            let settled = self.aliases.contains_key(&fact.id.trim().to_lowercase());
            if !settled
                && let Some(found) = names::bundled().names.resolve(&fact.id, &fact.provider)
                && found.known
                && found.score < SURE
            {
                let (name, source) = (fact.id.clone(), kind.as_str().to_owned());
                all.entry(&fact.id).or_insert(Doubt { name, source, model: found.model, score: found.score });
            }
        }
        all.into_values().collect()
    }
}

/// What a list says, over what was known.
fn merged(known: Option<CatalogModel>, kind: Kind, date: &str, fact: &Fact) -> CatalogModel {
    let mut model = known.unwrap_or_else(|| CatalogModel {
        provider: fact.provider.clone(),
        id: fact.id.clone(),
        name: fact.id.clone(),
        context_window: None,
        output_limit: None,
        prices: Prices::default(),
        above: Vec::new(),
        batch: Prices::default(),
        dates: ModelDates::default(),
        capabilities: Capabilities::default(),
        source: kind.as_str().to_owned(),
        date: date.to_owned(),
    });
    if let Some(name) = &fact.name {
        model.name.clone_from(name);
    }
    model.context_window = fact.context_window.or(model.context_window);
    model.output_limit = fact.output_limit.or(model.output_limit);
    let (new, old) = (fact.capabilities, model.capabilities);
    model.capabilities = Capabilities {
        vision: new.vision.or(old.vision),
        tools: new.tools.or(old.tools),
        json: new.json.or(old.json),
        reasoning: new.reasoning.or(old.reasoning),
        embeddings: new.embeddings.or(old.embeddings),
        web_search: new.web_search.or(old.web_search),
    };
    model.dates = fact.dates.clone().or(model.dates);
    // Prices, their steps and what a batch costs belong together, and to who said them.
    if fact.prices.input.is_some() {
        // The steps are the list's where it has some. One that has none does not say that there are none, so
        // known ones stay while the usual prices do; beside other prices they are anybody's guess, and go.
        if !fact.above.is_empty() || changed(model.prices, fact.prices) {
            model.above.clone_from(&fact.above);
        }
        if !fact.batch.is_unknown() || changed(model.prices, fact.prices) {
            model.batch = fact.batch;
        }
        model.prices = fact.prices;
        kind.as_str().clone_into(&mut model.source);
        date.clone_into(&mut model.date);
    }
    model
}

/// Whether a price is another. One that a list leaves out, or is the first to name, changes nothing.
fn changed(old: Prices, new: Prices) -> bool {
    let pairs = [
        (old.input, new.input),
        (old.output, new.output),
        (old.cached_read, new.cached_read),
        (old.cached_write, new.cached_write),
        (old.reasoning, new.reasoning),
    ];
    pairs.into_iter().any(|(old, new)| matches!((old, new), (Some(old), Some(new)) if old != new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PromptClass;

    fn fact(provider: &str, id: &str, input: &str) -> Fact {
        let prices = Prices { input: input.parse().ok(), output: input.parse().ok(), ..Prices::default() };
        Fact { provider: provider.to_owned(), id: id.to_owned(), prices, ..Fact::default() }
    }

    #[test]
    fn lists_go_over_what_is_bundled_by_their_weight_and_other_figures_stay() {
        let day = || "2030-01-01".to_owned();
        let synced = Synced::new(
            vec![
                (Kind::ModelsDev, day(), fact("openai", "gpt-4o-mini", "0.3")),
                (Kind::Litellm, day(), fact("openai", "gpt-4o-mini", "0.2")),
                (Kind::Litellm, day(), fact("openai", "zebra-9", "7")),
            ],
            [],
        );
        let mini = synced.lookup("openai", "gpt-4o-mini-2031-01-02").unwrap();
        assert_eq!((mini.prices.input, mini.source.as_str()), ("0.3".parse().ok(), "models-dev"));
        assert_eq!(mini.context_window, Some(128_000));
        assert_eq!(synced.lookup("openai-responses", "zebra-9").unwrap().prices.input, "7".parse().ok());
        // A dated model that is bundled is not its undated sister that was synced.
        assert_eq!(
            synced.lookup("openai", "gpt-4o-2024-05-13"),
            super::super::lookup("openai", "gpt-4o-2024-05-13")
        );
        assert!(synced.models().len() > super::super::all().len());
    }

    #[test]
    fn known_steps_stay_with_their_prices_and_go_with_them_unless_the_list_has_its_own() {
        let usd = |text: &str| text.parse().ok();
        let pro = |prices: Prices, above: Vec<(u32, Prices)>| {
            let fact = Fact { prices, above, ..fact("gemini", "gemini-2.5-pro", "0") };
            let synced = Synced::new(vec![(Kind::Litellm, "2030-01-01".to_owned(), fact)], []);
            synced.lookup("gemini", "gemini-2.5-pro").unwrap().above.clone()
        };
        let bundled = super::super::lookup("gemini", "gemini-2.5-pro").unwrap();
        assert!(!bundled.above.is_empty());
        assert_eq!(pro(bundled.prices, Vec::new()), bundled.above);
        let fewer = Prices { cached_read: None, reasoning: bundled.prices.output, ..bundled.prices };
        assert_eq!(pro(fewer, Vec::new()), bundled.above);

        let dearer = Prices { input: usd("1.5"), ..bundled.prices };
        assert_eq!(pro(dearer, Vec::new()), Vec::new());
        let own = vec![(128_000, Prices { input: usd("3"), output: usd("20"), ..Prices::default() })];
        assert_eq!(pro(dearer, own.clone()), own);
        assert_eq!(pro(bundled.prices, own.clone()), own);
    }

    #[test]
    fn a_batch_price_stays_beside_the_price_that_it_was_said_of_and_days_stay_until_others_are_said() {
        let usd = |text: &str| text.parse().ok();
        let batch = Prices { input: usd("0.5"), output: usd("0.5"), ..Prices::default() };
        let dates = |released: &str, knowledge: &str| ModelDates {
            released: Some(released.to_owned()),
            knowledge: Some(knowledge.to_owned()).filter(|text| !text.is_empty()),
            deprecated: None,
        };
        let lite = Fact { batch, dates: dates("2029-05", "2028-01"), ..fact("openai", "zebra-9", "1") };
        let found = |dev: Fact| {
            let day = || "2030-01-01".to_owned();
            let synced =
                Synced::new(vec![(Kind::Litellm, day(), lite.clone()), (Kind::ModelsDev, day(), dev)], []);
            let zebra = synced.lookup("openai", "zebra-9").unwrap();
            (zebra.batch, zebra.dates.clone())
        };
        let same = Fact { dates: dates("2029-05-07", ""), ..fact("openai", "zebra-9", "1") };
        assert_eq!(found(same), (batch, dates("2029-05-07", "2028-01")));
        assert!(found(fact("openai", "zebra-9", "2")).0.is_unknown(), "half of which price?");
    }

    #[test]
    fn the_users_word_on_a_name_counts_before_all_else() {
        let board = Fact {
            id: "claud-sonnet-4.5".to_owned(),
            score: Some(("lmarena-text".to_owned(), 1_500.0, 9)),
            ..Fact::default()
        };
        let facts = || vec![(Kind::Lmarena, "2030-01-01".to_owned(), board.clone())];
        let synced = Synced::new(facts(), []);
        assert_eq!(synced.doubtful()[0].name, "claud-sonnet-4.5");
        let settled = Synced::new(facts(), [("Claud-Sonnet-4.5".to_owned(), "acme/mine".to_owned())]);
        assert!(settled.doubtful().is_empty());
        assert_eq!(settled.resolve("claud-sonnet-4.5", "").unwrap().model, "acme/mine");
        assert_eq!(settled.scores().of("acme/mine")[0].votes, 9);
        // The later figure is the board's best now.
        let model = settled.resolve("gemini-2.5-pro", "gemini").unwrap().model;
        assert!(settled.scores().quality(&model, PromptClass::Chat).unwrap().value < 1.0);
    }
}
