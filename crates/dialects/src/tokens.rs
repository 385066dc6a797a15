//! Counting tokens roughly, where nobody else counted: by kinds of characters for text, by the
//! providers' published rules for pictures and pages. Always shown as an estimate.

use domain::Dialect;

/// What a text weighs, in quarters of a token; weights of texts can be summed.
///
/// English text and code run at 3.5 to 4.5 bytes a token with today's tokenizers (OpenAI's rule of
/// thumb is 4). Other alphabets of two bytes take about half a token a letter, other scripts of three
/// about three quarters, Chinese characters, kana and hangul about one, emoji about two.
#[must_use]
pub fn text_weight(text: &str) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.chars()
        .map(|c| match c {
            '\0'..='\x7f' => 1,
            '\u{80}'..='\u{7ff}' => 2,
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' => 4,
            '\u{800}'..='\u{ffff}' => 3,
            '\u{20000}'..='\u{3ffff}' => 6,
            _ => 8,
        })
        .sum()
}

/// Tokens of texts that weigh so much.
#[must_use]
pub fn text_tokens(weight: u64) -> u32 {
    u32::try_from(weight.div_ceil(4)).unwrap_or(u32::MAX)
}

/// Tokens of a picture of so many pixels.
///
/// OpenAI (guide "Images and vision"): within 2,048 × 2,048, then the short side to 768; 85 and 170 for
/// each tile of 512. Anthropic ("Vision"): the long side to 1,568, then pixels ÷ 750. Google ("Media
/// tokens"): 258 up to 384 × 384, else 258 for each tile of two thirds of the short side. Others say
/// nothing; they are taken for OpenAI's.
#[must_use]
pub fn image_tokens(dialect: Dialect, width: u32, height: u32) -> u32 {
    let (width, height) = (f64::from(width.clamp(1, 65_536)), f64::from(height.clamp(1, 65_536)));
    let within = |(w, h): (f64, f64), most: f64, side: f64| {
        let by = (most / side).min(1.0);
        (w * by, h * by)
    };
    let tokens = match dialect {
        Dialect::AnthropicMessages => {
            let (w, h) = within((width, height), 1_568.0, width.max(height));
            (w * h / 750.0).min(1_600.0)
        }
        Dialect::Gemini if width <= 384.0 && height <= 384.0 => 258.0,
        Dialect::Gemini => {
            let unit = (width.min(height) / 1.5).floor().clamp(1.0, 768.0);
            258.0 * (width / unit).ceil() * (height / unit).ceil()
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Ollama | Dialect::Simulated => {
            let (w, h) = within((width, height), 2_048.0, width.max(height));
            let (w, h) = within((w, h), 768.0, w.min(h));
            85.0 + 170.0 * (w / 512.0).ceil() * (h / 512.0).ceil()
        }
    };
    // At most some ten thousand: the clamps above bound every factor.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    let tokens = tokens.ceil() as u32;
    tokens
}

/// Tokens of a PDF of so many pages that goes along as it is: Google says 258 a page, Anthropic 1,500 to
/// 3,000 and the picture of it, OpenAI its text and the picture of it.
#[must_use]
pub fn pdf_tokens(dialect: Dialect, pages: u32) -> u32 {
    let page: u32 = match dialect {
        Dialect::Gemini => 258,
        Dialect::AnthropicMessages => 2_500,
        _ => 1_500,
    };
    page.saturating_mul(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_weigh_more_than_their_bytes_say() {
        let tokens = |text| text_tokens(text_weight(text));
        assert_eq!(tokens("four letters each"), 5);
        assert_eq!(tokens("日本語の文章"), 6);
        assert_eq!(tokens("한국어"), 3);
        assert_eq!(tokens("Привет"), 3);
        assert_eq!(tokens("สวัสดี"), 5);
        assert_eq!(tokens("🙂"), 2);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn pictures_cost_what_the_providers_publish() {
        assert_eq!(image_tokens(Dialect::OpenaiChat, 1_024, 1_024), 765);
        assert_eq!(image_tokens(Dialect::OpenaiChat, 2_048, 4_096), 1_105);
        assert_eq!(image_tokens(Dialect::AnthropicMessages, 1_000, 1_000), 1_334);
        assert_eq!(image_tokens(Dialect::AnthropicMessages, 9_000, 9_000), 1_600);
        assert_eq!(image_tokens(Dialect::Gemini, 384, 384), 258);
        assert_eq!(image_tokens(Dialect::Gemini, 960, 540), 6 * 258);
        assert_eq!(image_tokens(Dialect::Gemini, 0, u32::MAX), 258 * 65_536);
    }
}
