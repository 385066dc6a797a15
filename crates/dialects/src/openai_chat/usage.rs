//! Token counts as OpenAI and its imitators report them, made disjoint.

use crate::json;
use domain::Usage;
use serde_json::Value;

/// What was reported so far. Providers repeat and refine their figures (on every chunk, in a last
/// one, under their own names), and the buckets can only be told apart from all of them together.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    prompt: Option<u32>,
    completion: Option<u32>,
    total: Option<u32>,
    cached: Option<u32>,
    written: Option<u32>,
    reasoning: Option<u32>,
    /// Reasoning was told beside the completion rather than as a detail of it.
    reasoning_beside: bool,
}

impl Counts {
    /// Takes in one usage object; the buckets so far, `None` when it said nothing.
    pub(crate) fn take(&mut self, usage: &Value) -> Option<Usage> {
        let first = |names: &[&str]| names.iter().find_map(|name| json::count(usage, name));
        let detail = |groups: &[&str], names: &[&str]| {
            groups.iter().find_map(|group| {
                let group = usage.get(group)?;
                names.iter().find_map(|name| json::count(group, name))
            })
        };
        let input = ["prompt_tokens_details", "input_tokens_details", "prompt_token_details"];
        let output = ["completion_tokens_details", "output_tokens_details", "completion_token_details"];
        let newer = [
            (&mut self.prompt, first(&["prompt_tokens", "input_tokens"])),
            (&mut self.completion, first(&["completion_tokens", "output_tokens"])),
            (&mut self.total, first(&["total_tokens"])),
            (
                &mut self.cached,
                detail(&input, &["cached_tokens", "cache_read_tokens", "cache_read_input_tokens"]).or_else(
                    || first(&["prompt_cache_hit_tokens", "cache_read_input_tokens", "cached_tokens"]),
                ),
            ),
            (
                &mut self.written,
                detail(
                    &input,
                    &["cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"],
                )
                .or_else(|| first(&["cache_creation_input_tokens", "cache_write_tokens"])),
            ),
            (
                &mut self.reasoning,
                detail(&output, &["reasoning_tokens"]).or_else(|| first(&["reasoning_tokens"])),
            ),
        ];
        self.reasoning_beside =
            detail(&output, &["reasoning_tokens"]).is_none() && first(&["reasoning_tokens"]).is_some();
        // Mistral's `num_cached_tokens` is in no documentation and on no bill: passed over.
        let mut any = false;
        for (mine, theirs) in newer {
            any |= theirs.is_some();
            *mine = theirs.or(*mine);
        }
        any.then(|| self.buckets())
    }

    fn buckets(&self) -> Usage {
        let cache = self.cached.unwrap_or(0).saturating_add(self.written.unwrap_or(0));
        let thought = self.reasoning.unwrap_or(0);
        let sum = self.prompt.unwrap_or(0).saturating_add(self.completion.unwrap_or(0));
        let outside = |more: u32| more > 0 && self.total == Some(sum.saturating_add(more));
        let both = cache > 0 && thought > 0 && outside(cache.saturating_add(thought));
        let cache_outside = outside(cache) || both;
        // xAI counts reasoning beside the completion; its totals say so.
        let thought_outside = outside(thought) || both;
        Usage {
            input: self.prompt.map(|n| if cache_outside || cache > n { n } else { n - cache }),
            output: self.completion.map(|n| {
                // Perplexity's research counts a tenfold of the completion, in no total.
                let apart = thought > n && (self.total.is_none() || self.reasoning_beside);
                if thought_outside || apart { n } else { n.saturating_sub(thought) }
            }),
            cached_read: self.cached,
            cached_write: self.written,
            reasoning: self.reasoning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn buckets(usage: &Value) -> [Option<u32>; 5] {
        let usage = Counts::default().take(usage).unwrap();
        [usage.input, usage.output, usage.cached_read, usage.cached_write, usage.reasoning]
    }

    #[test]
    fn buckets_are_disjoint_whoever_counts() {
        let inside = json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 20}});
        assert_eq!(buckets(&inside), [Some(40), Some(30), Some(60), None, Some(20)]);
        let beside = json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 170,
            "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 20}});
        assert_eq!(buckets(&beside), [Some(40), Some(50), Some(60), None, Some(20)]);
        let hits = json!({"prompt_tokens": 100, "completion_tokens": 5, "prompt_cache_hit_tokens": 64});
        assert_eq!(buckets(&hits), [Some(36), Some(5), Some(64), None, None]);
        let written = json!({"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 39}});
        assert_eq!(buckets(&written), [Some(1), Some(5), Some(60), Some(39), None]);
    }

    #[test]
    fn reasoning_that_no_completion_could_hold_is_beside_it() {
        let perplexity = json!({"prompt_tokens": 33, "completion_tokens": 7163, "total_tokens": 7196,
            "reasoning_tokens": 73990});
        assert_eq!(buckets(&perplexity), [Some(33), Some(7163), None, None, Some(73990)]);
        let rounded = json!({"prompt_tokens": 43, "completion_tokens": 10, "total_tokens": 53,
            "completion_tokens_details": {"reasoning_tokens": 11}});
        assert_eq!(buckets(&rounded), [Some(43), Some(0), None, None, Some(11)]);
    }

    #[test]
    fn later_figures_refine_earlier_ones() {
        let mut counts = Counts::default();
        counts.take(&json!({"prompt_tokens": 10, "completion_tokens": null}));
        let usage =
            counts.take(&json!({"completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 8}}));
        let usage = usage.unwrap();
        assert_eq!((usage.input, usage.output, usage.cached_read), (Some(2), Some(4), Some(8)));
        assert_eq!(Counts::default().take(&json!({"queue_time": 0.1})), None);
    }
}
