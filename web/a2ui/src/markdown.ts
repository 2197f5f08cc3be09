// Markdown in texts: agents write it, so nothing of it may be active, and nothing leads or loads from elsewhere.
import DOMPurify from "dompurify";
import { marked } from "marked";

const TAGS =
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li strong em b i del code pre blockquote table thead tbody tr th td span sub sup";

/** Turns Markdown into HTML that is safe to show. */
export async function markdown(text: string): Promise<string> {
  const html = await marked.parse(text, { gfm: true });
  return DOMPurify.sanitize(html, { ALLOWED_TAGS: TAGS.split(" "), ALLOWED_ATTR: [] });
}
