/** A renderer as it must not be: whatever an answer says becomes HTML. It shows that the corpus bites. */
import { micromark } from "micromark";
import { gfm } from "micromark-extension-gfm";
import { gfmAutolinkLiteralHtml } from "micromark-extension-gfm-autolink-literal";
import { gfmFootnoteHtml } from "micromark-extension-gfm-footnote";
import { gfmTableHtml } from "micromark-extension-gfm-table";

const raw = (text: string) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");

/** A terminal's way to write a link. */
const [bell, escape] = [String.fromCharCode(7), String.fromCharCode(27)];
const osc8 = new RegExp(String.raw`${escape}[\]]8;;([^${bell}${escape}]*)(?:${bell}|${escape}\\)`, "g");

export function unsafe(text: string): string {
  const html = micromark(text, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    // Without the filter that takes out the worst tags.
    htmlExtensions: [gfmAutolinkLiteralHtml(), gfmFootnoteHtml(), gfmTableHtml()],
  });
  return (
    html
      // A preview of what a fence holds, as careless viewers of diagrams and pages have it.
      .replace(/<pre><code[^>]*>([\s\S]*?)<\/code><\/pre>/g, (_, code: string) => `<div>${raw(code)}</div>`)
      .replace(/<code>([\s\S]*?)<\/code>/g, (_, code: string) => raw(code))
      // Links and pictures of formulas, and those of terminals.
      .replace(/\\(?:href|url)\{([^}]*)\}/g, (_, address: string) => `<a href="${raw(address)}">x</a>`)
      .replace(
        /\\includegraphics(?:\[[^\]]*\])?\{([^}]*)\}/g,
        (_, address: string) => `<img src="${raw(address)}">`,
      )
      .replace(/\\(?:htmlStyle|style)\{([^}]*)\}/g, (_, style: string) => `<p style="${raw(style)}">x</p>`)
      .replace(
        /\\(?:htmlClass|htmlId|class)\{([^}]*)\}/g,
        (_, name: string) => `<p class="${raw(name)}">x</p>`,
      )
      .replace(/\\(?:text|unicode|tag)\{((?:&lt;|<)[^}]*)\}/g, (_, text: string) => raw(text))
      .replace(osc8, (_, address: string) => `<a href="${raw(address)}">`)
  );
}
