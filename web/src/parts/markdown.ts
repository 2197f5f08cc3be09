// Markdown to safe HTML, block by block: raw HTML is shown as text, and DOMPurify has the last word.
import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";
import { escapeHtml, safeImage, safeLink } from "./urls";

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // What a model writes is text, also when it looks like a tag.
    html: ({ text }) => (/^<br\s*\/?>$/i.test(text.trim()) ? "<br>" : escapeHtml(text)),
    code: ({ text, lang }) => codeBlock(text, lang),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    image: ({ href, text }) => {
      const source = safeImage(href, location.origin);
      if (source) return `<img src="${escapeHtml(source)}" alt="${escapeHtml(text)}" loading="lazy">`;
      // A picture elsewhere would tell its host that it was looked at: it becomes a link.
      return linkHtml(href, escapeHtml(text || "image"));
    },
    link(token) {
      return linkHtml(token.href, this.parser.parseInline(token.tokens));
    },
  },
});

const ALLOWED_TAGS = [
  ..."a b blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr i img li ol p pre span strong".split(" "),
  ..."table tbody td th thead tr ul".split(" "),
];
const ALLOWED_ATTR = [
  ..."align alt class data-copy data-testid href loading rel src start tabindex target type".split(" "),
];

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A" && !safeLink(node.getAttribute("href") ?? "")) node.removeAttribute("href");
  if (node.nodeName === "IMG" && !safeImage(node.getAttribute("src") ?? "", location.origin)) node.remove();
});

/** A block of a document: unchanged blocks of a growing answer keep their `raw`, so they are rendered once. */
export interface Block {
  raw: string;
  token: Token;
}

export function blocks(markdown: string): Block[] {
  const tokens = marked.lexer(markdown);
  return tokens.filter((token) => token.type !== "space").map((token) => ({ raw: token.raw, token }));
}

export function blockHtml(block: Block): string {
  return purify.sanitize(marked.parser([block.token]), {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_DATA_ATTR: false,
  });
}

function linkHtml(href: string, label: string): string {
  const target = safeLink(href);
  if (!target) return label;
  return `<a href="${escapeHtml(target)}" target="_blank" rel="noopener noreferrer">${label}</a>`;
}

function codeBlock(code: string, lang: string | undefined): string {
  const name = escapeHtml((lang ?? "").split(/\s/)[0] || "text");
  return [
    '<div class="code"><div class="code-bar">',
    `<span class="code-lang">${name}</span>`,
    '<button type="button" class="code-copy" data-copy="1" data-testid="copy-code">Copy</button></div>',
    `<pre tabindex="0"><code>${escapeHtml(code)}</code></pre></div>`,
  ].join("");
}
