/** A small reading of code for colours: comments, strings, numbers, words that most languages share, calls. */
export type Token = { kind: "key" | "str" | "num" | "com" | "fn" | null; text: string };

/** Beyond this, colours are not worth the wait. */
const LONGEST = 20_000;

const words =
  "as async await break case catch class const continue def default defer del do elif else enum except export extends extern false False final finally fn for from func function if impl implements import in interface is lambda let loop match mod module move mut new nil None not null of or and package pass pub public private protected raise ref return self Self static struct super switch this throw trait true True try type typeof undefined unsafe use using var void when where while with yield select insert update delete create table join on into values order group by limit echo fi then done";
const keywords = new Set(words.split(" "));
const hashComments = new Set([
  "py",
  "python",
  "sh",
  "bash",
  "shell",
  "zsh",
  "ruby",
  "rb",
  "yaml",
  "yml",
  "toml",
  "r",
  "perl",
  "make",
  "dockerfile",
]);
const dashComments = new Set(["sql", "lua", "haskell", "hs"]);
const plain = new Set(["", "text", "txt", "plain", "md", "markdown", "diff", "output", "log"]);

export function highlight(code: string, lang: string): Token[] {
  const language = lang.toLowerCase();
  if (plain.has(language) || code.length > LONGEST) return [{ kind: null, text: code }];
  const comment = hashComments.has(language)
    ? "#.*"
    : dashComments.has(language)
      ? "--.*"
      : "\\/\\/.*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
  const token = new RegExp(
    `(?<com>${comment})|(?<str>"(?:\\\\.|[^"\\\\\\n])*"?|\`(?:\\\\.|[^\`\\\\])*\`?|'(?:\\\\.|[^'\\\\\\n])*')|(?<num>\\b\\d\\w*(?:\\.\\d\\w*)?)|(?<word>[A-Za-z_]\\w*)(?<call>\\s*\\()?`,
    "g",
  );
  const tokens: Token[] = [];
  const push = (kind: Token["kind"], text: string) => {
    const last = tokens.at(-1);
    if (last?.kind === kind) last.text += text;
    else if (text) tokens.push({ kind, text });
  };
  let at = 0;
  for (const found of code.matchAll(token)) {
    const { com, str, num, word = "", call = "" } = found.groups ?? {};
    push(null, code.slice(at, found.index));
    at = found.index + found[0].length;
    if (com) push("com", com);
    else if (str) push("str", str);
    else if (num) push("num", num);
    else {
      push(keywords.has(word) ? "key" : call ? "fn" : null, word);
      push(null, call);
    }
  }
  push(null, code.slice(at));
  return tokens;
}
