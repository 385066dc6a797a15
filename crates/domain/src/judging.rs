//! Which answer is better: what people said, what a model said, and the rating that follows.

use crate::{
    CompletionId, ConversationId, Failure, FolderId, JudgementId, MessageId, RunId, Target, Timestamp,
    VoteId, error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// What two answers come to beside each other.
    Verdict {
        /// The first is better.
        A = "a",
        /// The second is better.
        B = "b",
        /// Neither is better, and both will do.
        Tie = "tie",
        /// Neither will do.
        BothBad = "bothBad",
    }
}

words! {
    /// Whose opinion it is.
    VoteBy {
        /// The user's. Only these are rated.
        User = "user",
        /// A model's that was asked to judge.
        Judge = "judge",
    }
}

/// An opinion on answers to one prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ballot {
    /// Two beside each other.
    Pair {
        /// The first.
        a: MessageId,
        /// The second.
        b: MessageId,
        /// Which.
        verdict: Verdict,
    },
    /// ♥: one of several is the best.
    Best {
        /// Which.
        best: MessageId,
        /// The others it was chosen from.
        others: Vec<MessageId>,
    },
}

/// A vote to be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CastVote {
    /// The opinion. It takes the place of an earlier one on the same two answers, or of the ♥ that
    /// one of these answers, or one beside it, had.
    pub ballot: Ballot,
    /// Names were hidden when it was given.
    #[serde(default)]
    pub blind: bool,
}

/// A vote that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    /// Identity.
    pub id: VoteId,
    /// The newest run whose answers it is about.
    pub run: RunId,
    /// Whose it is.
    pub by: VoteBy,
    /// The opinion.
    pub ballot: Ballot,
    /// Names were hidden when it was given.
    pub blind: bool,
    /// When it was given.
    pub created_at: Timestamp,
}

/// Whose votes a board counts: the user's, on answers of conversations that are not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BoardQuery {
    /// In this folder or one below it.
    pub folder: Option<FolderId>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Only votes that were given blind.
    pub blind_only: bool,
}

/// How good a model was found to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Rating {
    /// The `provider/model` that answered.
    pub model: Target,
    /// 1,000 is the mean of all on the board; 400 more are odds of 10 to 1.
    pub rating: i32,
    /// The true one is between this …
    pub low: i32,
    /// … and this, with 95 % confidence.
    pub high: i32,
    /// Place by rating, from 1. Those with too few votes have one too.
    pub place: u32,
    /// Times it was chosen.
    pub wins: u32,
    /// Times another was.
    pub losses: u32,
    /// Times neither was, and both would do.
    pub ties: u32,
    /// Times neither would do.
    pub both_bad: u32,
    /// Votes it takes part in: the sum of these four.
    pub votes: u32,
    /// It has at least `Board::needed` votes.
    pub enough: bool,
}

/// The models that were voted on, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Board {
    /// Best first.
    pub ratings: Vec<Rating>,
    /// Votes that were counted.
    pub votes: u32,
    /// How many of them were blind.
    pub blind: u32,
    /// Votes that say nothing of models beside each other: answers of one and the same model.
    pub same_model: u32,
    /// Votes from which on a model's rating means something.
    pub needed: u32,
}

/// Two answers for a model to judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JudgeAnswers {
    /// The first.
    pub a: MessageId,
    /// The second, an answer to the same prompt.
    pub b: MessageId,
    /// Who judges.
    pub judge: Target,
    /// By what; absent: the rubric that `judgeRubric` gives.
    #[serde(default)]
    pub rubric: Option<String>,
}

/// What the judge said when it saw the answers in one order. It is asked in both, because models
/// tend to prefer a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Opinion {
    /// The call.
    pub completion: CompletionId,
    /// It saw `b` first.
    pub swapped: bool,
    /// What it thinks of `a` and `b`, whichever it saw first; `None` while it thinks, or when it said
    /// nothing that can be used.
    pub verdict: Option<Verdict>,
    /// Why, in its words. There "first" and "second" are as it saw them.
    pub reason: String,
}

words! {
    /// Where a judgement stands.
    JudgementState {
        /// The judge is being asked.
        Asking = "asking",
        /// There is a verdict.
        Done = "done",
        /// There will be none.
        Failed = "failed",
    }
}

/// Which answer is better and why, as a model sees it. It never counts as a vote of the user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// Identity.
    pub id: JudgementId,
    /// The conversation of the answers.
    pub conversation: ConversationId,
    /// The run of kind `judge`; stopping that stops it.
    pub run: RunId,
    /// The first answer.
    pub a: MessageId,
    /// The second.
    pub b: MessageId,
    /// Who judges.
    pub judge: Target,
    /// By what.
    pub rubric: String,
    /// Where it stands.
    pub state: JudgementState,
    /// Why there is no verdict.
    pub failure: Option<Failure>,
    /// What both orders come to: where they differ, neither is better.
    pub verdict: Option<Verdict>,
    /// Whether both orders came to the same; `None` until both are there.
    pub agreed: Option<bool>,
    /// One for each order.
    pub opinions: Vec<Opinion>,
    /// When it was asked for.
    pub created_at: Timestamp,
}
