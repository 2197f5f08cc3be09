//! Agents of the executor `model`: the endpoint is another gateway's `/v1/chat/completions`.

use harness::{Gateway, Options, request_json};
use serde_json::json;

const ON: &str = "[gateway.openai]\nchat_completions = true\n";

async fn asking(other: &Gateway, token: &str) -> Gateway {
    let config = format!(
        "{ON}[agents.main]\nexecutor = \"model\"\nmodel = \"openclaw\"\ntools = false\nenv = {{ KEY = \"{token}\" }}\n\
         [agents.main.endpoint]\nbase_url = \"http://{}/v1\"\napi_key_env = \"KEY\"\n",
        other.address()
    );
    Gateway::start(Options::default().config(&config)).await
}

#[tokio::test]
async fn a_model_behind_another_gateway_answers() {
    let other = Gateway::start(Options::default().config(ON)).await;
    let hello = json!({"model": "openclaw", "messages": [{"role": "user", "content": "hello"}]});
    let own = request_json(other.address(), "POST", "/v1/chat/completions", other.token(), &hello).await;
    let gateway = asking(&other, other.token()).await;
    let through =
        request_json(gateway.address(), "POST", "/v1/chat/completions", gateway.token(), &hello).await;
    assert_eq!((own.status, through.status), (200, 200), "{own:?} {through:?}");
    let text = |reply: &harness::Reply| reply.json()["choices"][0]["message"]["content"].clone();
    assert!(text(&through).as_str().is_some_and(|text| text.contains("Hello")), "{through:?}");
    assert_eq!(text(&own), text(&through));
}

#[tokio::test]
async fn a_wrong_key_is_an_error_that_does_not_show_it() {
    let other = Gateway::start(Options::default().config(ON)).await;
    let gateway = asking(&other, "wr0ng-key").await;
    let hello = json!({"model": "openclaw", "messages": [{"role": "user", "content": "hello"}]});
    let reply =
        request_json(gateway.address(), "POST", "/v1/chat/completions", gateway.token(), &hello).await;
    assert!(reply.status >= 400, "{reply:?}");
    assert!(!reply.body.contains("wr0ng-key"), "{reply:?}");
}
