/**
 * Mathematics in Markdown: `$$…$$` and `\[…\]` as blocks, `$$…$$`, `\(…\)`, `\[…\]` and, with care, `$…$` within a
 * line. Prices are not mathematics: a single `$` opens only before and closes only after what is not a space, not
 * beside a digit or letter on its outer side, and never around words that begin with a figure.
 */
import type { CompileContext, Extension as FromExtension } from "mdast-util-from-markdown";
import { markdownLineEnding, markdownSpace } from "micromark-util-character";
import type {
  Code,
  Construct,
  Effects,
  Extension,
  State,
  Token,
  TokenizeContext,
} from "micromark-util-types";
import type { Literal, Parent } from "mdast";

/** A formula of its own. */
export interface MathBlock extends Literal {
  type: "math";
  /** Nothing has closed it yet. */
  open: boolean;
}
/** A formula within a line. */
export interface MathInline extends Literal {
  type: "inlineMath";
  /** Set larger, as a block would be. */
  display: boolean;
}

declare module "mdast" {
  interface RootContentMap {
    math: MathBlock;
    inlineMath: MathInline;
  }
  interface BlockContentMap {
    math: MathBlock;
  }
  interface PhrasingContentMap {
    inlineMath: MathInline;
  }
}

declare module "micromark-util-types" {
  interface TokenTypeMap {
    mathBlock: "mathBlock";
    mathInline: "mathInline";
    mathFence: "mathFence";
    mathData: "mathData";
  }
}

const DOLLAR = 36;
const BACKSLASH = 92;
/** Longer ones are a text that has a `$` in it by chance; this also bounds the search for an end. */
const LONGEST_INLINE = 1_000;

/** What opens a formula, and what then has to close it. */
type Fence = { close: string; display: boolean };
const parenthesis: Fence = { close: "\\)", display: false };
const bracket: Fence = { close: "\\]", display: true };
const twoDollars: Fence = { close: "$$", display: true };
const oneDollar: Fence = { close: "$", display: false };

const isWord = (code: Code): boolean =>
  code !== null && code > 0 && /[\p{L}\p{N}]/u.test(String.fromCodePoint(code));
const isSpace = (code: Code): boolean => code === null || markdownLineEnding(code) || markdownSpace(code);

/** A word of letters after a leading figure: `5 dollars and 10`, not `2x + 1`. */
const priced = /^[\d.,]+\s.*(?<![\\\p{L}])\p{L}{3,}|^[\d.,]+[kKmMbB]?(?:\s|[-–—/]|$)(?![^$]*[=<>^_\\{}+*])/u;

/** Whether the text between two single `$` can be a formula. */
export function looksLikeMath(text: string): boolean {
  return text !== "" && !/^\s|\s$/.test(text) && !priced.test(text);
}

export const mathSyntax: Extension = {
  flow: { [DOLLAR]: block(), [BACKSLASH]: block() },
  text: { [DOLLAR]: inlineMath(), [BACKSLASH]: inlineMath() },
};

/** A formula on lines of its own. A blank line ends the search: TeX allows none in a formula. */
function block(): Construct {
  return { name: "mathBlock", tokenize, concrete: true };

  function tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- micromark hands its context over as `this`.
    const self = this;
    let fence: Fence = twoDollars;
    let escaped = false;
    let blank = false;

    return (code) => {
      effects.enter("mathBlock");
      effects.enter("mathFence");
      effects.consume(code);
      return code === DOLLAR ? secondDollar : bracketAfterBackslash;
    };

    function secondDollar(code: Code): State | undefined {
      if (code !== DOLLAR) return nok(code);
      effects.consume(code);
      return opened;
    }
    function bracketAfterBackslash(code: Code): State | undefined {
      if (code !== 91) return nok(code);
      fence = bracket;
      effects.consume(code);
      return opened;
    }
    function opened(code: Code): State | undefined {
      // Three of them are no fence of ours.
      if (code === DOLLAR) return nok(code);
      effects.exit("mathFence");
      return between(code);
    }
    function between(code: Code): State | undefined {
      if (code === null) return end(code);
      if (markdownLineEnding(code)) return lineEnd(code);
      if (!escaped && code === fence.close.charCodeAt(0))
        return effects.attempt(closing(fence), after, notClosed)(code);
      return notClosed(code);
    }
    function data(code: Code): State | undefined {
      if (code === null || markdownLineEnding(code) || (!escaped && code === fence.close.charCodeAt(0))) {
        effects.exit("mathData");
        return between(code);
      }
      escaped = code === BACKSLASH && !escaped;
      effects.consume(code);
      return data;
    }
    function notClosed(code: Code): State | undefined {
      effects.enter("mathData");
      escaped = code === BACKSLASH && !escaped;
      effects.consume(code);
      return data;
    }
    function lineEnd(code: Code): State | undefined {
      escaped = false;
      effects.enter("lineEnding");
      effects.consume(code);
      effects.exit("lineEnding");
      return (next) => {
        if (next !== null && self.parser.lazy[self.now().line]) return nok(next);
        blank = true;
        return begin(next);
      };
    }
    /** Whether anything is on the line. */
    function begin(code: Code): State | undefined {
      if (code === null) return end(code);
      if (markdownLineEnding(code)) return blank ? nok(code) : lineEnd(code);
      if (markdownSpace(code)) {
        effects.enter("linePrefix");
        return indentation(code);
      }
      blank = false;
      return between(code);
    }
    function indentation(code: Code): State | undefined {
      if (markdownSpace(code)) {
        effects.consume(code);
        return indentation;
      }
      effects.exit("linePrefix");
      return begin(code);
    }
    function after(code: Code): State | undefined {
      if (code === null || markdownLineEnding(code)) return end(code);
      if (markdownSpace(code)) {
        effects.enter("linePrefix");
        return trailing(code);
      }
      // More text on the line: this was a formula within a paragraph.
      return nok(code);
    }
    function trailing(code: Code): State | undefined {
      if (markdownSpace(code)) {
        effects.consume(code);
        return trailing;
      }
      effects.exit("linePrefix");
      return after(code);
    }
    function end(code: Code): State | undefined {
      effects.exit("mathBlock");
      return ok(code);
    }
  }
}

/** What ends a formula. `fits` looks at the character behind it. */
function closing(fence: Fence, fits: (after: Code) => boolean = () => true): Construct {
  return { tokenize, partial: true };

  function tokenize(effects: Effects, ok: State, nok: State): State {
    let place = 0;
    return (code) => {
      effects.enter("mathFence");
      return next(code);
    };
    function next(code: Code): State | undefined {
      if (place === fence.close.length) {
        effects.exit("mathFence");
        return fits(code) ? ok(code) : nok(code);
      }
      if (code !== fence.close.charCodeAt(place)) return nok(code);
      place += 1;
      effects.consume(code);
      return next;
    }
  }
}

function inlineMath(): Construct {
  return { name: "mathInline", tokenize, previous };

  function previous(this: TokenizeContext, code: Code): boolean {
    // `\\(` is an escaped backslash, `US$5` a price; a second `$` was looked at with the first.
    return code !== BACKSLASH && code !== DOLLAR && !isWord(code);
  }

  function tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    let fence: Fence = oneDollar;
    let text = "";
    let escaped = false;

    return (code) => {
      effects.enter("mathInline");
      effects.enter("mathFence");
      effects.consume(code);
      return code === DOLLAR ? afterDollar : afterBackslash;
    };

    function afterBackslash(code: Code): State | undefined {
      if (code !== 40 && code !== 91) return nok(code);
      fence = code === 40 ? parenthesis : bracket;
      effects.consume(code);
      return opened;
    }
    function afterDollar(code: Code): State | undefined {
      if (code !== DOLLAR) return isSpace(code) ? nok(code) : opened(code);
      fence = twoDollars;
      effects.consume(code);
      return (next) => (next === DOLLAR ? nok(next) : opened(next));
    }
    function opened(code: Code): State | undefined {
      effects.exit("mathFence");
      return between(code);
    }
    function between(code: Code): State | undefined {
      if (code === null) return nok(code);
      if (markdownLineEnding(code)) {
        text += "\n";
        effects.enter("lineEnding");
        effects.consume(code);
        effects.exit("lineEnding");
        return between;
      }
      if (!escaped && code === fence.close.charCodeAt(0))
        return effects.attempt(closing(fence, fits), end, notClosed)(code);
      effects.enter("mathData");
      return take(code);
    }
    function data(code: Code): State | undefined {
      if (code === null || markdownLineEnding(code) || (!escaped && code === fence.close.charCodeAt(0))) {
        effects.exit("mathData");
        return between(code);
      }
      return take(code);
    }
    function take(code: Code): State | undefined {
      // The same beginning once more: then the first one was none.
      if (text.length > LONGEST_INLINE || (escaped && (code === 40 || code === 91))) return nok(code);
      escaped = code === BACKSLASH && !escaped;
      text += code !== null && code > 0 ? String.fromCodePoint(code) : " ";
      effects.consume(code);
      return data;
    }
    function notClosed(code: Code): State | undefined {
      // A single `$` that cannot close one here will not do so later.
      if (fence === oneDollar) return nok(code);
      effects.enter("mathData");
      return take(code);
    }
    function fits(after: Code): boolean {
      if (fence === oneDollar && (isWord(after) || after === DOLLAR || !looksLikeMath(text))) return false;
      return text.trim() !== "";
    }
    function end(code: Code): State | undefined {
      effects.exit("mathInline");
      return ok(code);
    }
  }
}

/** Tokens as nodes. */
export const mathNodes: FromExtension = {
  enter: {
    mathBlock(this: CompileContext, token: Token) {
      this.enter({ type: "math", value: "", open: true }, token);
      this.buffer();
    },
    mathInline(this: CompileContext, token: Token) {
      this.enter({ type: "inlineMath", value: "", display: false }, token);
      this.buffer();
    },
  },
  exit: {
    mathFence(this: CompileContext, token: Token) {
      // The second fence closes it; both are as long where they are dollars.
      const node = this.stack.findLast(
        (one): one is MathBlock | MathInline => one.type === "math" || one.type === "inlineMath",
      );
      if (!node) return;
      const fence = this.sliceSerialize(token);
      if (node.type === "inlineMath") node.display = fence === "$$" || fence === "\\]";
      else if (token.start.offset > (node.position?.start.offset ?? 0)) node.open = false;
    },
    mathData(this: CompileContext, token: Token) {
      this.config.enter["data"]?.call(this, token);
      this.config.exit["data"]?.call(this, token);
    },
    mathBlock(this: CompileContext, token: Token) {
      const value = this.resume();
      const node = this.stack.at(-1) as unknown as MathBlock & Parent;
      node.value = value.replace(/^\n+|\n+$/g, "");
      this.exit(token);
    },
    mathInline(this: CompileContext, token: Token) {
      const value = this.resume();
      const node = this.stack.at(-1) as unknown as MathInline & Parent;
      node.value = value.replaceAll("\n", " ").trim();
      this.exit(token);
    },
  },
};
