//! What is kept between processes, and its bounds.

use serde_json::json;

use crate::discord::cursor::{Cursor, Seen, Session};

#[test]
fn it_survives_being_written_and_what_cannot_be_read_is_nothing() {
    let mut cursor =
        Cursor { session: Some(Session { id: "s".into(), seq: 3, url: "u".into() }), ..Cursor::default() };
    cursor.saw("50", None, "1000");
    cursor.advance(7);
    cursor.advance(5);
    assert_eq!(Cursor::read(Some(cursor.text())), cursor);
    assert_eq!(cursor.session.unwrap().seq, 7, "it never goes back");
    for wrong in [None, Some(String::new()), Some("17".into()), Some(r#"{"session":5}"#.into())] {
        assert_eq!(Cursor::read(wrong), Cursor::default());
    }
    assert_eq!(Cursor::read(Some(json!({"later": true}).to_string())), Cursor::default());
}

#[test]
fn the_channels_are_bounded_and_direct_ones_stay_longest() {
    let mut cursor = Cursor::default();
    cursor.saw("direct", None, "1");
    for number in 0..1000_u64 {
        cursor.saw(&format!("{number}"), Some("9"), &format!("{}", 1000 + number));
    }
    assert_eq!(cursor.seen.len(), 200);
    assert!(cursor.seen.contains_key("direct") && cursor.seen.contains_key("999"));
    assert!(!cursor.seen.contains_key("0"));
}

#[test]
fn a_lost_session_owes_each_channel_from_where_it_was_first_lost() {
    let mut cursor = Cursor::default();
    cursor.lose();
    assert_eq!((cursor.owed.len(), cursor.lost_at), (0, None), "nothing was ever seen");
    cursor.saw("50", None, "1000");
    cursor.lose();
    cursor.saw("50", None, "1005");
    cursor.lose();
    assert_eq!(cursor.owed["50"], Seen { last: 1000, guild: None });
    assert_eq!(cursor.lost_at, Some(1000));
    cursor.owe("60", "9", 1001);
    cursor.owe("61", "9", 999);
    assert_eq!(cursor.owed.keys().map(String::as_str).collect::<Vec<_>>(), ["50", "60"]);
}
