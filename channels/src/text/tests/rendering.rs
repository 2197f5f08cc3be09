//! Each construct in each rendering.

use super::super::{discord, plain, telegram_html};
use super::seen;

#[track_caller]
fn check(markdown: &str, html: &str, on_discord: &str, text: &str) {
    assert_eq!(telegram_html(markdown), html);
    assert_eq!(discord(markdown), on_discord);
    assert_eq!(plain(markdown), text);
    seen(html);
}

#[test]
fn inline_styles() {
    check(
        "**bold** *it* ~~no~~ `a<b` & \"so\"",
        "<b>bold</b> <i>it</i> <s>no</s> <code>a&lt;b</code> &amp; &quot;so&quot;",
        "**bold** *it* ~~no~~ `a<b` & \"so\"",
        "bold it no a<b & \"so\"",
    );
    check("__b__ and ~s~", "<b>b</b> and <s>s</s>", "**b** and ~~s~~", "b and s");
    check("**a `b` c**", "<b>a </b><code>b</code><b> c</b>", "**a `b` c**", "a b c");
    check("***x** y*", "<i><b>x</b> y</i>", "***x** y*", "x y");
}

#[test]
fn what_is_open_or_escaped_stays_as_text() {
    check("**half", "**half", "**half", "**half");
    check(r"2 \* 3 \_x\_", "2 * 3 _x_", r"2 \* 3 \_x\_", "2 * 3 _x_");
    check("&lt;b&gt; &copy;", "&lt;b&gt; ©", r"\<b\> ©", "<b> ©");
}

#[test]
fn html_is_text_but_a_break_is_a_break() {
    check(
        "a <b>x</b> <script>",
        "a &lt;b&gt;x&lt;/b&gt; &lt;script&gt;",
        "a <b>x</b> <script>",
        "a <b>x</b> <script>",
    );
    check("one<br>two<br/>three", "one\ntwo\nthree", "one\ntwo\nthree", "one\ntwo\nthree");
    check(
        "<div>\n<p>x</p>\n</div>",
        "&lt;div&gt;\n&lt;p&gt;x&lt;/p&gt;\n&lt;/div&gt;",
        "<div>\n<p>x</p>\n</div>",
        "<div>\n<p>x</p>\n</div>",
    );
}

#[test]
fn headings_are_bold_lines() {
    check(
        "# Top\ntext\n\n#### Deep\n\nmore",
        "<b>Top</b>\ntext\n\n<b>Deep</b>\n\nmore",
        "# Top\ntext\n\n**Deep**\n\nmore",
        "Top\ntext\n\nDeep\n\nmore",
    );
    check("Title\n=====\ntext", "<b>Title</b>\ntext", "# Title\ntext", "Title\ntext");
    check("a\n\n---\nb", "a\n\n———\nb", "a\n\n———\nb", "a\n\n———\nb");
}

#[test]
fn lists_keep_their_numbers_and_levels() {
    check(
        "Do:\n- one\n  - inner\n    more\n- two\n\n3. three\n4. four",
        "Do:\n• one\n  ◦ inner\n    more\n• two\n\n3. three\n4. four",
        "Do:\n- one\n  - inner\n    more\n- two\n\n3. three\n4. four",
        "Do:\n• one\n  ◦ inner\n    more\n• two\n\n3. three\n4. four",
    );
    check("- [ ] a\n- [x] b", "• ☐ a\n• ☑ b", "- ☐ a\n- ☑ b", "• ☐ a\n• ☑ b");
    check("-\n- b", "• \n• b", "-\n- b", "• \n• b");
}

#[test]
fn links_lead_to_known_places_only() {
    check(
        "[text](https://a.b/c?d=1&e=\"2\")",
        "<a href=\"https://a.b/c?d=1&amp;e=&quot;2&quot;\">text</a>",
        "[text](https://a.b/c?d=1&e=\"2\")",
        "text (https://a.b/c?d=1&e=\"2\")",
    );
    check(
        "[x](javascript:alert(1))",
        "x (javascript:alert(1))",
        "[x](javascript:alert(1))",
        "x (javascript:alert(1))",
    );
    check("<https://a.b>", "<a href=\"https://a.b\">https://a.b</a>", "<https://a.b>", "https://a.b");
    check("<me@a.b>", "<a href=\"mailto:me@a.b\">me@a.b</a>", "<me@a.b>", "me@a.b");
    check(
        "[a][1]\n\n[1]: https://x.y",
        "<a href=\"https://x.y\">a</a>",
        "[a](https://x.y)\n\n[1]: https://x.y",
        "a (https://x.y)",
    );
    check("[`c`](https://x.y)", "<a href=\"https://x.y\">c</a>", "[`c`](https://x.y)", "c (https://x.y)");
    check(
        "![a cat](https://x/c.png)",
        "<a href=\"https://x/c.png\">a cat</a>",
        "[a cat](https://x/c.png)",
        "a cat (https://x/c.png)",
    );
    check(
        "![](https://x/c.png)",
        "<a href=\"https://x/c.png\">https://x/c.png</a>",
        "https://x/c.png",
        "https://x/c.png",
    );
    check(
        "[![alt](https://i/p.png)](https://x)",
        "<a href=\"https://x\">alt</a>",
        "[alt](https://x)",
        "alt (https://i/p.png) (https://x)",
    );
}

#[test]
fn code_keeps_its_blanks_and_language() {
    check(
        "See:\n```rust\nfn a() {\n    b<c>()\n}\n```\nend",
        "See:\n<pre><code class=\"language-rust\">fn a() {\n    b&lt;c&gt;()\n}</code></pre>\nend",
        "See:\n```rust\nfn a() {\n    b<c>()\n}\n```\nend",
        "See:\nfn a() {\n    b<c>()\n}\nend",
    );
    check("~~~\nx ``` y\n~~~", "<pre>x ``` y</pre>", "```\nx `\u{200b}`` y\n```", "x ``` y");
    check(
        "    indented\n      more",
        "<pre>indented\n  more</pre>",
        "```\nindented\n  more\n```",
        "indented\n  more",
    );
    check("```\"><b>\nx\n```", "<pre>x</pre>", "```\nx\n```", "x");
    check("```\nopen", "<pre>open</pre>", "```\nopen\n```", "open");
    check(
        "1. Run\n   ```sh\n   ls\n   ```\n2. End",
        "1. Run\n<pre><code class=\"language-sh\">ls</code></pre>\n2. End",
        "1. Run\n```sh\nls\n```\n2. End",
        "1. Run\nls\n2. End",
    );
    check("```\na\n```\n```\nb\n```", "<pre>a</pre>\n<pre>b</pre>", "```\na\n```\n```\nb\n```", "a\nb");
}

#[test]
fn quotes_are_one_level() {
    check(
        "> a\n> > b\n> - c\n\nd",
        "<blockquote>a\nb\n• c</blockquote>\n\nd",
        "> a\n> > b\n> - c\n\nd",
        "> a\n> b\n> • c\n\nd",
    );
    check(
        "> ```\n> x\n> y\n> ```",
        "<blockquote><pre>x\ny</pre></blockquote>",
        "> ```\n> x\n> y\n> ```",
        "> x\ny",
    );
}

#[test]
fn tables_are_columns() {
    let lines = "Name  |   €\n------+----\nTea   | 1.5\na b c |  12";
    check(
        "| Name | € |\n|:--|--:|\n| Tea | 1.5 |\n| `a` **b** c | 12 |",
        &format!("<pre>{lines}</pre>"),
        &format!("```\n{lines}\n```"),
        lines,
    );
    assert_eq!(
        plain("|a|\n|-|\n|[x](https://y)<br>![p](https://z)|"),
        "a\n---------------------------\nx (https://y) p (https://z)"
    );
}

#[test]
fn mentions_stay_as_they_are_on_discord() {
    let text = "@everyone <@123> <:smile:42> ||hidden|| \\@here";
    assert_eq!(discord(text), text);
}

#[test]
fn no_message_is_empty() {
    check("[1]: https://x.y", "[1]: https://x.y", "[1]: https://x.y", "[1]: https://x.y");
    check("```\n```", "```\n```", "```\n\n```", "```\n```");
    check(" \n", "", "", "");
}
