//! Votes and what follows from them. How a model is asked to judge is in `runs/judge.rs`.

use crate::{Engine, EngineError, engine::now, finding::plainly};
use domain::{
    Ballot, Board, BoardQuery, CastVote, ConversationId, Judgement, Rating, Target, Verdict, Vote, VoteId,
};
use routing::Comparison;
use std::collections::BTreeMap;

/// Votes from which on a rating means something: with ten even votes the interval is still 500 wide.
const NEEDED: u32 = 10;
/// Rating of the mean model, and what odds of 10 to 1 are worth: the scale of chess, and of boards
/// of chat models.
const MEAN: f64 = 1000.0;
const TEN_TO_ONE: f64 = 400.0;
/// Answers that one ♥ is chosen from.
const MOST: usize = 32;

impl Engine {
    /// Counts a vote, instead of an earlier one on the same answers.
    ///
    /// # Errors
    /// When these are not different, whole answers of models to one prompt.
    pub async fn vote(&self, cast: &CastVote) -> Result<Vote, EngineError> {
        if let Ballot::Best { others, .. } = &cast.ballot
            && others.len() >= MOST
        {
            return Err(EngineError::BadInput(format!("the best is chosen from at most {MOST} answers")));
        }
        let id = VoteId::from_uuid(uuid::Uuid::now_v7());
        let cast = self.0.store.votes().cast(id, &cast.ballot, cast.blind, now()).await.map_err(plainly)?;
        let (vote, replaced) = cast;
        for opinions in &replaced {
            self.unlearn(opinions).await;
        }
        let (Ballot::Pair { a: answer, .. } | Ballot::Best { best: answer, .. }) = &vote.ballot;
        if let Some(message) = self.0.store.messages().get(*answer).await? {
            self.tell_votes(message.conversation_id);
        }
        if let Err(error) = self.learn_votes().await {
            tracing::warn!(%error, "a vote is counted, and routes learn from it later");
        }
        Ok(vote)
    }

    /// Takes a vote back.
    ///
    /// # Errors
    /// When there is none of this id.
    pub async fn take_back_vote(&self, id: VoteId) -> Result<(), EngineError> {
        let (conversation, learned) = self.0.store.votes().take_back(id).await?;
        self.unlearn(&learned).await;
        self.tell_votes(conversation);
        Ok(())
    }

    /// Votes on answers of a conversation, the user's and judges', oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn votes(&self, conversation: ConversationId) -> Result<Vec<Vote>, EngineError> {
        Ok(self.0.store.votes().of(conversation).await?)
    }

    /// Judgements of answers of a conversation, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn judgements(&self, conversation: ConversationId) -> Result<Vec<Judgement>, EngineError> {
        Ok(self.0.store.judgements().of(conversation).await?)
    }

    /// Models by the user's votes.
    ///
    /// # Errors
    /// When the store cannot be read, or a filter names what is not there.
    pub async fn rating_board(&self, query: &BoardQuery) -> Result<Board, EngineError> {
        Ok(board(&self.0.store.votes().counted(query).await?))
    }

    pub(crate) fn tell_votes(&self, conversation: ConversationId) {
        self.0.changes.tell(["votes".to_owned(), format!("conversation:{conversation}")]);
    }
}

fn board(votes: &[store::Counted]) -> Board {
    let mut known: BTreeMap<&Target, usize> = BTreeMap::new();
    for model in votes.iter().flat_map(|vote| &vote.models) {
        let next = known.len();
        known.entry(model).or_insert(next);
    }
    let empty = |model: &Target| Rating {
        model: model.clone(),
        rating: 0,
        low: 0,
        high: 0,
        place: 0,
        wins: 0,
        losses: 0,
        ties: 0,
        both_bad: 0,
        votes: 0,
        enough: false,
    };
    let mut ratings: Vec<(usize, Rating)> = known.iter().map(|(model, at)| (*at, empty(model))).collect();
    ratings.sort_by_key(|(at, _)| *at);
    let mut ratings: Vec<Rating> = ratings.into_iter().map(|(_, rating)| rating).collect();
    let mut comparisons = Vec::with_capacity(votes.len());
    let mut same_model = 0;
    for vote in votes {
        let mut models: Vec<usize> = vote.models.iter().map(|model| known[model]).collect();
        let first = models[0];
        let mut seen = Vec::new();
        models.retain(|model| {
            !seen.contains(model) && {
                seen.push(*model);
                true
            }
        });
        if models.len() < 2 {
            same_model += 1;
            continue;
        }
        let best = match vote.verdict {
            Verdict::A => Some(first),
            Verdict::B => models.last().copied(),
            Verdict::Tie | Verdict::BothBad => None,
        };
        for model in &models {
            let rating = &mut ratings[*model];
            rating.votes += 1;
            match (best, vote.verdict) {
                (Some(best), _) if best == *model => rating.wins += 1,
                (Some(_), _) => rating.losses += 1,
                (None, Verdict::BothBad) => rating.both_bad += 1,
                (None, _) => rating.ties += 1,
            }
        }
        comparisons.push(match best {
            Some(best) => {
                Comparison::Chosen { best, others: models.into_iter().filter(|m| *m != best).collect() }
            }
            None => Comparison::Even(models[0], models[1]),
        });
    }
    let scale = TEN_TO_ONE / std::f64::consts::LN_10;
    for (rating, strength) in ratings.iter_mut().zip(routing::rate(known.len(), &comparisons)) {
        let (middle, within) = (MEAN + strength.theta * scale, strength.within * scale);
        rating.rating = middle.round() as i32;
        rating.low = (middle - within).round() as i32;
        rating.high = (middle + within).round() as i32;
        rating.enough = rating.votes >= NEEDED;
    }
    ratings.retain(|rating| rating.votes > 0);
    ratings.sort_by(|a, b| b.rating.cmp(&a.rating).then_with(|| a.model.cmp(&b.model)));
    for (place, rating) in (1..).zip(&mut ratings) {
        rating.place = place;
    }
    let blind = votes.iter().filter(|vote| vote.blind).count() as u32;
    Board { ratings, votes: votes.len() as u32, blind, same_model, needed: NEEDED }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(models: &[&str], verdict: Verdict) -> store::Counted {
        let models = models.iter().map(|model| model.parse().unwrap()).collect();
        store::Counted { models, verdict, blind: verdict == Verdict::A }
    }

    #[test]
    fn a_board_counts_every_vote_once_and_puts_the_best_first() {
        let votes = [
            vec![vote(&["p/weak", "p/strong"], Verdict::B); 9],
            vec![vote(&["p/weak", "p/strong"], Verdict::Tie); 2],
            vec![vote(&["p/strong", "p/weak", "p/third"], Verdict::A)],
            vec![vote(&["p/weak", "p/weak"], Verdict::A)],
            vec![vote(&["p/weak", "p/third"], Verdict::BothBad)],
        ]
        .concat();
        let board = board(&votes);
        let names: Vec<&str> = board.ratings.iter().map(|r| r.model.as_str()).collect();
        assert_eq!(names, ["p/strong", "p/third", "p/weak"]);
        assert_eq!((board.votes, board.blind, board.same_model), (14, 2, 1));
        let [strong, third, weak] = &board.ratings[..] else { panic!("{board:?}") };
        assert_eq!((strong.wins, strong.losses, strong.ties, strong.votes), (10, 0, 2, 12));
        assert_eq!((weak.wins, weak.losses, weak.both_bad, weak.votes), (0, 10, 1, 13));
        assert_eq!((third.losses, third.both_bad, third.votes), (1, 1, 2));
        assert!(strong.enough && weak.enough && !third.enough);
        assert!(board.ratings.iter().all(|r| r.low < r.rating && r.rating < r.high));
        assert!(third.high - third.low > weak.high - weak.low, "few votes say little");
    }

    #[test]
    fn without_votes_there_is_an_empty_board() {
        assert_eq!(board(&[]).ratings, []);
        assert_eq!(board(&[vote(&["p/a", "p/a"], Verdict::A)]).ratings, []);
    }
}
