//! How what was learned moved: of each hour in which something was observed, how it stood then.

use super::{
    insight::{LearnedMeasure, LearnedTarget},
    learning::word_of,
};
use crate::{Engine, EngineError, engine::now};
use domain::{PromptClass, Target, Timestamp};
use routing::{Ask, Learned, Measure, worth};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::LearnedHour;

const HOUR: i64 = 3_600_000;
/// The most hours that are looked back.
pub const COURSE_HOURS: u32 = 30 * 24;
/// What a target is worth to the policy of `auto`, beside what is measured of it.
const SCORE: &str = "score";

/// How a measure stood in an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LearnedPoint {
    /// When the hour began.
    pub hour: Timestamp,
    /// Its mean, when something was observed last in it.
    pub mean: f64,
    /// About how many observations counted then.
    pub weight: f64,
}

impl Engine {
    /// What was learned of targets, with how it moved in the last so many hours. A measure `score` is what a target
    /// is worth to the policy of `auto` for a usual prompt of that class.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn learned_course(&self, hours: u32) -> Result<Vec<LearnedTarget>, EngineError> {
        let mut all = self.learned();
        if hours == 0 {
            return Ok(all);
        }
        let since = now().millis() - i64::from(hours.min(COURSE_HOURS)) * HOUR;
        let mut courses: BTreeMap<(String, String, String), Vec<LearnedPoint>> = BTreeMap::new();
        for LearnedHour { hour, target, class, measure, mean, weight } in
            self.0.store.learned().hours(since - since.rem_euclid(HOUR)).await?
        {
            // A word that this version does not know is of a newer one.
            let mean = match Measure::of(&measure) {
                Some(known) => known.plain(mean as f32),
                None if measure == SCORE => mean,
                None => continue,
            };
            let point = LearnedPoint { hour: Timestamp::from_millis(hour), mean, weight };
            courses.entry((target, class, measure)).or_default().push(point);
        }
        for one in &mut all {
            let mut take = |measure: &str| {
                let key = (one.target.to_string(), word_of(one.class).to_owned(), measure.to_owned());
                courses.remove(&key).unwrap_or_default()
            };
            for measure in &mut one.measures {
                measure.course = take(&measure.measure);
            }
            let course = take(SCORE);
            if let Some(LearnedPoint { mean, weight, .. }) = course.last().cloned() {
                one.measures.push(LearnedMeasure { measure: SCORE.to_owned(), mean, weight, course });
            }
        }
        Ok(all)
    }

    /// Notes how these stand in the present hour.
    pub(super) async fn note_hour(&self, learned: &Learned, changed: &[(Target, Option<PromptClass>)]) {
        let at = now().millis();
        let rows = self.rows_of_hour(learned, changed, at);
        let oldest = at - i64::from(COURSE_HOURS) * HOUR;
        if let Err(error) = self.0.store.learned().keep_hours(&rows, oldest).await {
            tracing::warn!(%error, "how what was learned moved has a gap");
        }
    }

    fn rows_of_hour(
        &self,
        learned: &Learned,
        changed: &[(Target, Option<PromptClass>)],
        at: i64,
    ) -> Vec<LearnedHour> {
        let (built, hour) = (self.built(), at - at.rem_euclid(HOUR));
        let mut rows = Vec::new();
        for (target, class) in changed {
            let mut row = |measure: &str, mean: f64, weight: f64| {
                let [target, class, measure] = [target.as_str(), word_of(*class), measure].map(str::to_owned);
                rows.push(LearnedHour { hour, target, class, measure, mean, weight });
            };
            let own = learned.all().find(|(one, of, _)| *one == target && of == class);
            for measure in Measure::ALL {
                let sum = own.as_ref().map(|(.., stats)| stats.at(at).get(measure)).unwrap_or_default();
                if let Some(mean) = sum.mean() {
                    row(measure.as_str(), f64::from(mean), f64::from(sum.weight));
                }
            }
            let facts = built.place(target).and_then(|place| built.facts(place));
            if let (Some(facts), Some(policy)) = (facts, built.policy("")) {
                let of = class.unwrap_or(PromptClass::Other);
                let stats = learned.of_target(target, of, at);
                let score = worth(facts, &stats, &Ask::usual(of), policy).score;
                row(SCORE, f64::from(score), f64::from(stats.get(Measure::Available).weight));
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::{super::learning::class_of, *};

    #[test]
    fn a_class_and_its_word_are_one() {
        for class in PromptClass::ALL.iter().copied().map(Some).chain([None]) {
            assert_eq!(class_of(word_of(class)), class);
        }
    }
}
