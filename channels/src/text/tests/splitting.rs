//! Where texts are cut.

use super::super::{draft, fits, split};
use super::{DISCORD, TELEGRAM};
use crate::channel::{TextRules, Unit};

fn rules(max: usize) -> TextRules {
    TextRules { max, ..TELEGRAM }
}

#[test]
fn short_texts_are_one_piece_and_nothing_is_none() {
    assert_eq!(split("Hello *you*.\n", &TELEGRAM), ["Hello *you*."]);
    assert_eq!(split("", &TELEGRAM), [""; 0]);
    assert_eq!(split(" \n\t\n", &TELEGRAM), [""; 0]);
    assert_eq!(split("\n\n    code\n", &TELEGRAM), ["    code"]);
    assert_eq!(split("```rust\n\n```", &TELEGRAM), [""; 0]);
    assert_eq!(split("```a``` b", &TELEGRAM), ["```a``` b"]);
}

#[test]
fn paragraphs_then_sentences_then_words() {
    assert_eq!(split("One two.\n\nThree four.\n\nFive.", &rules(20)), ["One two.", "Three four.\n\nFive."]);
    assert_eq!(split("One two. Three four. Five six.", &rules(22)), ["One two. Three four.", "Five six."]);
    assert_eq!(split("one two three four", &rules(10)), ["one two", "three four"]);
    assert_eq!(split("onetwothreefour", &rules(6)), ["onetwo", "threef", "our"]);
}

#[test]
fn a_heading_stays_with_its_text() {
    let text = "A first paragraph.\n\n## Head\n\nThe second one, longer.";
    assert_eq!(split(text, &rules(35)), ["A first paragraph.", "## Head\n\nThe second one, longer."]);
}

#[test]
fn links_and_bold_words_stay_whole() {
    let text = "some words and [a link text](https://x.y/z) end";
    assert_eq!(split(text, &rules(40)), ["some words and", "[a link text](https://x.y/z) end"]);
    assert_eq!(split("one two **three four**", &rules(18)), ["one two", "**three four**"]);
}

#[test]
fn a_fence_that_fits_stays_whole() {
    let text = "Some text before it.\n```rust\nlet a = 1;\nlet b = 2;\n```\nafter";
    assert_eq!(
        split(text, &rules(45)),
        ["Some text before it.", "```rust\nlet a = 1;\nlet b = 2;\n```\nafter"]
    );
}

#[test]
fn a_long_fence_is_closed_and_opened_again() {
    let text = "```rust\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```\nafter";
    assert_eq!(
        split(text, &rules(36)),
        ["```rust\nlet a = 1;\nlet b = 2;\n```", "```rust\nlet c = 3;\n```\nafter"]
    );
}

#[test]
fn a_fence_in_a_list_leaves_it_when_it_is_cut() {
    let text = "1. Run\n   ```sh\n   one | two\n     three\n   four\n   ```\n   then\n2. End";
    assert_eq!(
        split(text, &rules(36)),
        ["1. Run\n   ```sh\n   one | two\n   ```", "```sh\n  three\nfour\n```\nthen\n2. End"]
    );
}

#[test]
fn a_fence_in_a_quote_is_closed_in_the_quote() {
    let text = "> ```\n> one one\n> two two\n> three three\n> ```\nend";
    assert_eq!(split(text, &rules(32)), ["> ```\n> one one\n> two two\n> ```", "```\nthree three\n```\nend"]);
}

#[test]
fn the_rest_of_a_list_is_outdented() {
    let text = "- one one one\n  - two two\n  - three three\n- four";
    assert_eq!(split(text, &rules(24)), ["- one one one", "- two two\n- three three", "- four"]);
}

#[test]
fn a_long_table_repeats_its_head() {
    let text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n\nend";
    let head = "| a | b |\n|---|---|\n";
    assert_eq!(
        split(text, &rules(44)),
        [format!("{head}| 1 | 2 |\n| 3 | 4 |"), format!("{head}| 5 | 6 |\n\nend")]
    );
}

#[test]
fn seventeen_lines_are_the_most() {
    let lines: Vec<String> = (1..=40).map(|n| format!("line {n}")).collect();
    let pieces = split(&lines.join("\n"), &DISCORD);
    let counts: Vec<usize> = pieces.iter().map(|piece| piece.lines().count()).collect();
    assert_eq!(counts, [17, 17, 6]);
    let code = format!("```text\n{}\n```", lines.join("\n"));
    let pieces = split(&code, &DISCORD);
    assert!(pieces.iter().all(|piece| piece.lines().count() <= 17 && piece.ends_with("\n```")));
    assert_eq!(pieces.len(), 3);
}

#[test]
fn the_unit_is_the_platforms_own() {
    let text = "😀".repeat(10);
    let with = |unit| split(&text, &TextRules { max: 8, unit, ..TELEGRAM }).len();
    assert_eq!(with(Unit::Utf16), 3);
    assert_eq!(with(Unit::CodePoints), 2);
    assert_eq!(with(Unit::Bytes), 5);
}

#[test]
fn a_grapheme_is_cut_only_if_it_is_longer_than_a_message() {
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(split(&family.repeat(3), &rules(12)), [family; 3]);
    let pieces = split(family, &rules(5));
    assert_eq!(pieces.concat(), family);
    assert!(pieces.len() > 1 && pieces.iter().all(|piece| fits(piece, &rules(5))));
}

#[test]
fn a_table_that_grows_by_its_columns_still_fits() {
    let mut text = String::from("| k | v |\n|---|---|\n| a long cell in the first row |  |\n");
    text.push_str(&"| a | b |\n".repeat(200));
    let pieces = split(&text, &rules(1000));
    assert!(pieces.len() > 2 && pieces.iter().all(|piece| fits(piece, &rules(1000))));
}

#[test]
fn a_draft_shows_the_head_and_closes_its_code() {
    assert_eq!(draft("Hello", &TELEGRAM), "Hello");
    assert_eq!(draft("```rust\nlet a", &TELEGRAM), "```rust\nlet a\n```");
    assert_eq!(draft("~~~~\nx\n```\n", &TELEGRAM), "~~~~\nx\n```\n~~~~");
    assert_eq!(draft("one two three four five", &rules(16)), "one two three …");
    let code = format!("```\n{}", "line\n".repeat(30));
    let shown = draft(&code, &rules(40));
    assert!(shown.ends_with("```\n\n…") && fits(&shown, &rules(40)), "{shown}");
}

#[test]
fn odd_texts_end() {
    let odd = [
        "`a` ",
        "**",
        "[",
        "> ",
        "- ",
        "```\n",
        "|a|\n|-|\n",
        "\\",
        "   ```x\n",
        "1. ",
        "é\u{301}\u{301}",
        "> ```\n",
    ];
    for part in odd {
        let text = part.repeat(20_000 / part.len());
        let pieces = split(&text, &TELEGRAM);
        assert!(pieces.len() < 10 && pieces.iter().all(|piece| fits(piece, &TELEGRAM)), "{part:?}");
        assert!(split(&text, &DISCORD).iter().all(|piece| fits(piece, &DISCORD)), "{part:?}");
    }
}
