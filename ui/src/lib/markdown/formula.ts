/** TeX as a tree of MathML, through a list of what may be in it: a chunk of its own, asked for by the first formula. */
import temml from "temml";

export type MathNode =
  | string
  | {
      tag: string;
      attributes: Record<string, string>;
      style: Record<string, string>;
      classes: string[];
      children: MathNode[];
    };

/** What a formula may consist of. Links, actions, pictures and foreign markup are not among it. */
const tags = new Set(
  "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom menclose msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd".split(
    " ",
  ),
);
const attributes = new Set(
  "accent accentunder bevelled columnalign columnlines columnspacing columnspan depth dir display displaystyle fence form frame height largeop linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowlines rowspacing rowspan rspace scriptlevel separator stretchy symmetric voffset width".split(
    " ",
  ),
);
const properties = new Set(
  "backgroundColor border borderBottom borderLeft borderRight borderTop color fontStyle fontWeight marginLeft padding paddingBottom paddingLeft paddingRight paddingTop textAlign width".split(
    " ",
  ),
);
/** Lengths, colours and words: nothing that could name an address. */
const value = /^[\w\s.,%#+-]{0,60}$/;

const LONGEST = 5_000;

type Virtual = {
  type?: string;
  text?: string;
  attributes?: Record<string, unknown>;
  style?: Record<string, unknown>;
  classes?: string[];
  children?: Virtual[];
};

const known = new Map<string, MathNode | null>();
const MOST_KNOWN = 500;

/** `null` when it is no TeX that can be shown. */
export function formula(tex: string, display: boolean): MathNode | null {
  const key = `${display ? "D" : "I"}${tex}`;
  let tree = known.get(key);
  if (tree === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, (tree = read(tex, display)));
  }
  return tree;
}

function read(tex: string, display: boolean): MathNode | null {
  if (tex.length > LONGEST) return null;
  try {
    const tree = temml.__renderToMathMLTree(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      strict: false,
      maxExpand: 500,
      maxSize: [20, 200],
    }) as Virtual;
    return allowed(tree, 0);
  } catch {
    return null;
  }
}

class Refused extends Error {}

function allowed(node: Virtual, depth: number): MathNode {
  if (depth > 200) throw new Refused();
  if (node.text !== undefined && !node.type) return node.text;
  const children = (node.children ?? []).map((child) => allowed(child, depth + 1));
  // A fragment: its children stand for it.
  if (!node.type) return { tag: "mrow", attributes: {}, style: {}, classes: [], children };
  if (!tags.has(node.type)) throw new Refused(node.type);
  const kept = (from: Record<string, unknown> | undefined, names: ReadonlySet<string>) =>
    Object.fromEntries(
      Object.entries(from ?? {}).flatMap(([name, given]) => {
        const text = String(given);
        return names.has(name) && value.test(text) ? [[name, text]] : [];
      }),
    );
  return {
    tag: node.type,
    attributes: kept(node.attributes, attributes),
    style: kept(node.style, properties),
    classes: (node.classes ?? []).filter((name) => /^(?:tml|wbk)-[a-z-]{1,20}$/.test(name)),
    children: node.text !== undefined ? [node.text, ...children] : children,
  };
}
