//! What is wrong with the webhook of an account: it must be an address that this gateway answers to, and its posts
//! must prove themselves.

use secrecy::ExposeSecret;

use super::channels::{ChannelSection, ChannelsSection, Platform};
use super::error::Mistake;
use super::hosts::{host_of, is_local_name, same_host};

/// Collects what is wrong with all accounts; `hosts` are the names under which the gateway answers.
pub(super) fn check(channels: &ChannelsSection, hosts: &[String], mistakes: &mut Vec<Mistake>) {
    for (platform, name, section) in channels.iter() {
        let mut wrong = |key: &str, message: String| {
            mistakes.push(Mistake::at(format!("channels.{platform}.{name}.{key}"), message));
        };
        check_secret(section, &mut wrong);
        let Some(url) = &section.webhook_url else { continue };
        if platform == Platform::Telegram {
            check_url(section, url, hosts, &mut wrong);
        } else {
            wrong("webhook_url", "is for telegram only".into());
        }
    }
}

fn check_secret(section: &ChannelSection, wrong: &mut impl FnMut(&str, String)) {
    let given = [
        section.webhook_secret.is_some(),
        section.webhook_secret_env.is_some(),
        section.webhook_secret_file.is_some(),
    ];
    match given.iter().filter(|given| **given).count() {
        0 => {}
        _ if section.webhook_url.is_none() => wrong("webhook_secret", "needs webhook_url".into()),
        1 => {}
        _ => wrong(
            "webhook_secret",
            "set only one of webhook_secret, webhook_secret_env and webhook_secret_file".into(),
        ),
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if let Some(secret) = section.webhook_secret.as_ref().map(ExposeSecret::expose_secret)
        && (!(16..=256).contains(&secret.len()) || !secret.bytes().all(fits))
    {
        wrong(
            "webhook_secret",
            "use 16 to 256 letters, digits, _ and -, or leave it out: one is made".into(),
        );
    }
}

fn check_url(section: &ChannelSection, url: &str, hosts: &[String], wrong: &mut impl FnMut(&str, String)) {
    let host = host_of(url).unwrap_or_default().to_ascii_lowercase();
    if host.is_empty() || url.contains([' ', '?', '#', '@']) {
        return wrong("webhook_url", "write it as https://host, or with the path that leads here".into());
    }
    // Telegram itself posts to nothing else; a server of one's own may.
    let may_be_plain = section.api_root.is_some();
    if !(url.starts_with("https://") || may_be_plain && url.starts_with("http://")) {
        return wrong("webhook_url", "must begin with https://".into());
    }
    if !is_local_name(&host) && !hosts.iter().any(|allowed| same_host(&host, allowed)) {
        wrong(
            "webhook_url",
            format!("this gateway does not answer to {host}: add it to gateway.allowed_hosts"),
        );
    }
}
