//! Work that is left for nodes that may be asleep (protocol 5.7).

use harness::{Knock, Options};
use serde_json::{Value, json};

use super::{Stage, request};

#[tokio::test]
async fn work_outlives_a_restart_and_is_taken_most_urgent_first() {
    let mut stage = Stage::new().await;
    let status = json!({ "nodeId": stage.id, "type": "status.request" });
    let queued = stage.owner.ok("node.pending.enqueue", status.clone()).await;
    assert_eq!((&queued["nodeId"], &queued["wakeTriggered"]), (&json!(stage.id), &json!(false)));
    assert_eq!(
        (&queued["queued"]["type"], &queued["queued"]["priority"]),
        (&json!("status.request"), &json!("normal"))
    );
    let again = stage.owner.ok("node.pending.enqueue", status).await;
    assert_eq!(again["queued"]["id"], queued["queued"]["id"], "the same work is not left twice");
    let urgent = json!({ "nodeId": stage.id, "type": "location.request", "priority": "high" });
    stage.owner.ok("node.pending.enqueue", urgent).await;
    assert_eq!(stage.row().await["pendingWork"], 2);
    stage.gateway.restart().await;

    let mut node = stage.knock.enter(&stage.gateway).await;
    let one = node.ok("node.pending.drain", json!({ "maxItems": 1 })).await;
    assert_eq!((&one["items"][0]["type"], &one["hasMore"]), (&json!("location.request"), &json!(true)));
    let rest = node.ok("node.pending.drain", json!({})).await;
    assert_eq!((&rest["items"][0]["type"], &rest["hasMore"]), (&json!("status.request"), &json!(false)));
    assert_eq!(node.ok("node.pending.drain", json!({})).await["items"], json!([]), "taken once");
    drop(node);

    let mut owner = Knock::cli(&stage.gateway).enter(&stage.gateway).await;
    let gone = |row: &Value| row["connected"] == false;
    while !gone(&owner.ok("node.describe", json!({ "nodeId": stage.id })).await) {}
    let mut node = stage.knock.enter(&stage.gateway).await;
    let back = node.ok("node.pending.drain", json!({ "maxItems": 10 })).await;
    assert_eq!(back["items"].as_array().map(Vec::len), Some(2), "it went before it could have done it");
    let ids: Vec<_> =
        back["items"].as_array().expect("items").iter().map(|item| item["id"].clone()).collect();
    let left = node.ok("node.pending.ack", json!({ "ids": ids })).await;
    assert_eq!((&left["ackedIds"], &left["remainingCount"]), (&json!(ids), &json!(0)));
    stage.gateway.restart().await;
    let mut node = stage.knock.enter(&stage.gateway).await;
    assert_eq!(node.ok("node.pending.drain", json!({})).await["items"], json!([]), "done is done");
}

#[tokio::test]
async fn work_is_bounded_in_time_and_for_known_nodes() {
    let mut stage = Stage::new().await;
    for bad in [
        json!({ "nodeId": stage.id, "type": "status.request", "expiresInMs": 999 }),
        json!({ "nodeId": stage.id, "type": "status.request", "expiresInMs": 86_400_001 }),
        json!({ "nodeId": stage.id, "type": "coffee.request" }),
    ] {
        assert_eq!(stage.owner.err("node.pending.enqueue", bad).await["code"], "INVALID_REQUEST");
    }
    let unknown = json!({ "nodeId": "0".repeat(64), "type": "status.request" });
    assert_eq!(stage.owner.err("node.pending.enqueue", unknown).await["details"]["code"], "PAIRING_CHANGED");
    let soon = json!({ "nodeId": stage.id, "type": "status.request", "expiresInMs": 1000 });
    stage.owner.ok("node.pending.enqueue", soon).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(stage.node.ok("node.pending.drain", json!({})).await["items"], json!([]), "it ran out");
}

#[tokio::test]
async fn what_a_phone_does_in_the_foreground_only_is_left_for_it() {
    let config = "[nodes.commands]\nallow = [\"camera.snap\"]\n";
    let mut stage = Stage::with(Options::default().config(config), &["camera.snap"]).await;
    let mut phone = stage.knock.clone();
    phone.platform = ("iOS 26.1".into(), "iPhone".into());
    let mut node = phone.enter(&stage.gateway).await;
    super::approve(&mut stage.owner, &stage.id).await;
    let params = super::asked(&stage.id, "camera.snap", json!({ "facing": "back" }));
    let sent = stage.owner.send("node.invoke", params).await;
    let asked = request(&mut node).await;
    let error = json!({ "code": "NODE_BACKGROUND_UNAVAILABLE", "message": "in the background" });
    let params = json!({ "id": asked["id"], "nodeId": stage.id, "ok": false, "error": error });
    node.ok("node.invoke.result", params).await;
    let frame = stage.owner.answer(&sent).await;
    let details = &frame["error"]["details"];
    assert_eq!(details["code"], "QUEUED_UNTIL_FOREGROUND", "{frame}");
    let pulled = node.ok("node.pending.pull", json!({})).await;
    assert_eq!(pulled["actions"][0]["id"], details["queuedActionId"]);
    assert_eq!(pulled["actions"][0]["command"], "camera.snap");
    assert_eq!(pulled["actions"][0]["paramsJSON"], r#"{"facing":"back"}"#);
    let left = node.ok("node.pending.ack", json!({ "ids": [details["queuedActionId"]] })).await;
    assert_eq!(left["remainingCount"], 0);
    assert_eq!(node.ok("node.pending.pull", json!({})).await["actions"], json!([]));
}
