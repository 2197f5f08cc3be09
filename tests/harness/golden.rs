//! Committed transcripts: what a platform received in a test, compared with what it is to receive.
//!
//! `LANDLINE_BLESS=1` writes them anew; the difference is then read before it is committed.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Compares a transcript with `tests/golden/transcripts/PLATFORM/NAME.txt`; panics with the first line that differs.
pub fn golden(platform: &str, name: &str, transcript: &str) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/transcripts");
    let path = root.join(platform).join(format!("{name}.txt"));
    let now = steady(transcript);
    if std::env::var_os("LANDLINE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, now).expect("the file");
        return;
    }
    let kept = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{platform}/{name}: {error}; LANDLINE_BLESS=1 writes it"));
    if kept == now {
        return;
    }
    let lines = kept.lines().zip(now.lines()).enumerate();
    let (number, (was, is)) = lines.into_iter().find(|(_, (was, is))| was != is).unwrap_or_default();
    panic!(
        "{platform} received something else than {name}.txt says; line {}:\n  kept: {was}\n  now:  {is}\n\
         ({} and {} lines; LANDLINE_BLESS=1 writes what is received now)\n--- now ---\n{now}",
        number + 1,
        kept.lines().count(),
        now.lines().count(),
    );
}

/// Returns a text in which whatever is new at each run has a name: ids by their order, codes and times by their kind.
fn steady(text: &str) -> String {
    let mut names = BTreeMap::new();
    let mut steady = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_alphanumeric() || (letter == '-' && !word.is_empty()) {
            word.push(letter);
            continue;
        }
        steady.push_str(&named(&word, &mut names));
        word.clear();
        if letter != '\0' {
            steady.push(letter);
        }
    }
    steady
}

fn named(word: &str, names: &mut BTreeMap<String, usize>) -> String {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let hex = word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let mixed =
        word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    // Discord's ids and Telegram's queries; digests and random ids; tokens.
    if (digits && word.len() >= 13) || (mixed && (word.len() >= 32 || (hex && word.len() >= 16))) {
        let next = names.len() + 1;
        return format!("<id {}>", names.entry(word.to_owned()).or_insert(next));
    }
    word.to_owned()
}
