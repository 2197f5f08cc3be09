//! Which platform a node is of, as far as its own words can be believed (protocol 8.2).
//!
//! A platform's row of the table is only given to who names the platform exactly and whose kind fits it. Whoever says
//! anything else is `unknown`, which may do the least: a made-up name must not earn more than none.

use strum::Display;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Platform {
    Ios,
    Watchos,
    Android,
    Macos,
    Windows,
    Linux,
    Unknown,
}

impl Platform {
    /// Returns the platform of a node that says `platform` and `family` of itself.
    pub(super) fn of(platform: Option<&str>, family: Option<&str>) -> Self {
        let (platform, family) = (plain(platform), plain(family));
        if platform.is_empty() {
            return by_family(&family);
        }
        let (label, version) = platform.split_once(' ').map_or((&*platform, None), |(a, b)| (a, Some(b)));
        let fits = match (label, version) {
            ("ios", None) => (Self::Ios, family.is_empty() || is_phone(&family)),
            ("ios" | "ipados", Some(version)) => (Self::Ios, is_phone(&family) && is_version(version)),
            ("watchos", None) => (Self::Watchos, is_watch(&family)),
            ("watchos", Some(version)) => (Self::Watchos, is_watch(&family) && is_version(version)),
            ("android", None) => (Self::Android, family.is_empty() || family == "android"),
            ("android", Some(version)) => (Self::Android, family == "android" && is_android(version)),
            ("macos", None) => (Self::Macos, family == "mac"),
            ("macos", Some(version)) => (Self::Macos, family == "mac" && is_version(version)),
            ("windows", None) => (Self::Windows, family == "windows"),
            ("linux", None) => (Self::Linux, family == "linux"),
            _ => (Self::Unknown, true),
        };
        if fits.1 { fits.0 } else { Self::Unknown }
    }

    /// Says whether programs can be run on it.
    pub(super) fn is_desktop(self) -> bool {
        matches!(self, Self::Macos | Self::Windows | Self::Linux)
    }
}

fn plain(text: Option<&str>) -> String {
    text.unwrap_or_default().trim().to_lowercase()
}

fn is_phone(family: &str) -> bool {
    matches!(family, "iphone" | "ipad" | "ios")
}

fn is_watch(family: &str) -> bool {
    matches!(family, "apple watch" | "watchos")
}

/// `N`, `N.N` or `N.N.N`.
fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    parts.clone().count() <= 3 && parts.all(is_number)
}

/// `N` or `N (sdk N)`.
fn is_android(text: &str) -> bool {
    let Some((version, sdk)) = text.split_once(' ') else { return is_number(text) };
    let sdk = sdk.strip_prefix("(sdk ").and_then(|sdk| sdk.strip_suffix(')'));
    is_number(version) && sdk.is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// The kind alone counts only where no platform is named.
fn by_family(family: &str) -> Platform {
    let rules: [(Platform, &[&str]); 6] = [
        (Platform::Ios, &["iphone", "ipad", "ios"]),
        (Platform::Watchos, &["apple watch", "watchos"]),
        (Platform::Android, &["android"]),
        (Platform::Macos, &["mac"]),
        (Platform::Windows, &["windows"]),
        (Platform::Linux, &["linux"]),
    ];
    let found = rules.iter().find(|(_, words)| words.iter().any(|word| family.contains(word)));
    found.map_or(Platform::Unknown, |(platform, _)| *platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_needs_its_exact_name_and_its_kind() {
        for (platform, family, expected) in [
            ("ios", "", Platform::Ios),
            ("iOS 26.1", "iPhone", Platform::Ios),
            ("iPadOS 26.1.2", "iPad", Platform::Ios),
            ("iOS 26.1", "", Platform::Unknown),
            ("iOS 26.1.2.3", "iPhone", Platform::Unknown),
            ("iOS 26.x", "iPhone", Platform::Unknown),
            ("iOS 26", "Mac", Platform::Unknown),
            ("watchOS 12.1", "Apple Watch", Platform::Watchos),
            ("watchos", "", Platform::Unknown),
            ("macOS 26.0", "Mac", Platform::Macos),
            ("macos", "mac", Platform::Macos),
            ("macos", "", Platform::Unknown),
            ("macOS 26.0", "iPhone", Platform::Unknown),
            ("Android 16 (SDK 36)", "Android", Platform::Android),
            ("Android 16", "Android", Platform::Android),
            ("android", "", Platform::Android),
            ("Android 16 (sdk x)", "Android", Platform::Unknown),
            ("Android 16 (sdk 36) root", "Android", Platform::Unknown),
            ("linux", "Linux", Platform::Linux),
            (" Linux ", " linux ", Platform::Linux),
            ("linux", "", Platform::Unknown),
            ("linux 6.1", "linux", Platform::Unknown),
            ("windows", "windows", Platform::Windows),
            ("windows", "mac", Platform::Unknown),
            ("macos-linux", "linux", Platform::Unknown),
            ("plan9", "mac", Platform::Unknown),
            ("", "iPhone 17", Platform::Ios),
            ("", "Mac", Platform::Macos),
            ("", "toaster", Platform::Unknown),
            ("", "", Platform::Unknown),
        ] {
            assert_eq!(Platform::of(Some(platform), Some(family)), expected, "{platform:?} {family:?}");
        }
        assert_eq!(Platform::of(None, None), Platform::Unknown);
    }
}
