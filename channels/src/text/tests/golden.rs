//! A long answer as it arrives, compared with files; `BLESS=1` writes them.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::super::{discord, split, telegram_html};
use super::{DISCORD, TELEGRAM, seen};

/// Returns an answer of about 30,000 characters: prose, a list, a table, and three blocks of code, one of them
/// longer than a message of either platform.
pub(super) fn answer() -> String {
    let mut text = String::from("# How the queue works\n\n");
    let mut section = |title: &str, count: usize| {
        let _ = write!(text, "## {title}\n\n");
        for n in 1..=count {
            let _ = write!(
                text,
                "Paragraph {n} of {title}: every job is **stored** before it is taken, and `ack({n})` removes it. \
                 Nothing is lost when the process ends — it is read again at the next start. A second worker waits \
                 for the lease; see [part {n}](https://example.org/queue#{n}). Größen wie 3 < 4 & 5 > 2 bleiben \
                 stehen, ebenso 😀.\n\n"
            );
        }
    };
    section("Storing", 23);
    section("Taking", 20);
    text.push_str("```rust\n");
    for n in 0..14 {
        let _ = writeln!(text, "fn take_{n}(queue: &Queue) -> Option<Job> {{ queue.next({n}) }}");
    }
    text.push_str("```\n\nThe steps:\n\n");
    for n in 1..=12 {
        let _ = writeln!(text, "{n}. Step {n} takes what is due\n   - and writes *when* it was taken");
    }
    text.push_str("\n| step | cost |\n|:--|--:|\n");
    for n in 1..=25 {
        let _ = writeln!(text, "| step {n} | {} ms |", n * n);
    }
    text.push_str("\nThe whole of it:\n\n```python\n");
    for n in 0..150 {
        let _ =
            writeln!(text, "def job_{n}(queue, limit={n}):\n    return queue.take(limit)  # <one> & all\n");
    }
    text.push_str("```\n\n");
    let mut tail = String::new();
    for n in 1..=14 {
        let _ = write!(
            tail,
            "> Remark {n}: what was acknowledged is never sent again, what was not is sent until it is.\n\n\
             Und noch ein Absatz ({n}), damit es lang genug wird: die Reihenfolge innerhalb eines Gesprächs bleibt \
             erhalten, auch wenn dazwischen neu gestartet wurde. Das prüft ein Test mit 200 Abbrüchen.\n\n"
        );
    }
    text.push_str(&tail);
    text.push_str(
        "1. Try it:\n\n   ```sh\n   landline queue --show\n   landline queue --drain\n   ```\n2. Done.\n",
    );
    text
}

#[test]
fn a_long_answer_on_telegram() {
    let pieces = split(&answer(), &TELEGRAM);
    let shown: Vec<String> = pieces.iter().map(|piece| telegram_html(piece)).collect();
    assert!(shown.iter().all(|html| seen(html).encode_utf16().count() <= 4096));
    compare("telegram.html", &shown);
}

#[test]
fn a_long_answer_on_discord() {
    let pieces = split(&answer(), &DISCORD);
    let shown: Vec<String> = pieces.iter().map(|piece| discord(piece)).collect();
    assert!(shown.iter().all(|text| text.chars().count() <= 2000 && text.lines().count() <= 17));
    compare("discord.md", &shown);
}

#[test]
fn the_answer_has_the_length_that_it_should() {
    let answer = answer();
    assert!((29_000..33_000).contains(&answer.chars().count()), "{}", answer.chars().count());
    assert_eq!(answer.matches("```").count(), 6);
}

fn compare(name: &str, messages: &[String]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let mut text = String::new();
    for (index, message) in messages.iter().enumerate() {
        let _ = writeln!(text, "=== message {} of {}\n{message}", index + 1, messages.len());
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, &text).expect("written");
    }
    let known = std::fs::read_to_string(&path).expect("the golden file; BLESS=1 writes it");
    assert_eq!(text, known, "{name} differs; BLESS=1 writes it anew");
}
