//! Builds the panel and the A2UI page with npm and puts them where `door` embeds them from. Without Node the gateway is
//! built all the same, with pages that say how to get them.

use std::path::Path;
use std::process::Command;

fn main() -> std::io::Result<()> {
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let (panel, a2ui) = (Path::new(&out).join("panel"), Path::new(&out).join("a2ui"));
    let web = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../web");
    for path in ["src", "public", "a2ui", "index.html", "package.json", "package-lock.json", "vite.config.ts"]
    {
        println!("cargo::rerun-if-changed={}", web.join(path).display());
    }
    println!("cargo::rerun-if-env-changed=LANDLINE_SKIP_PANEL");
    std::fs::create_dir_all(&panel)?;
    std::fs::create_dir_all(&a2ui)?;
    if std::env::var_os("LANDLINE_SKIP_PANEL").is_none() && build(&web, &panel, &a2ui) {
        return Ok(());
    }
    println!("cargo::warning=The panel was not built: install Node.js 20 or newer with npm and build again");
    std::fs::write(a2ui.join("index.html"), WITHOUT_A2UI)?;
    std::fs::write(panel.join("index.html"), WITHOUT_PANEL)
}

fn build(web: &Path, panel: &Path, a2ui: &Path) -> bool {
    let run = |arguments: &[&str]| {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(web).env("LANDLINE_PANEL_OUT", panel).env("LANDLINE_A2UI_OUT", a2ui);
        let status = npm.output();
        status.is_ok_and(|done| {
            if !done.status.success() {
                println!("cargo::warning={}", String::from_utf8_lossy(&done.stderr).replace('\n', " "));
            }
            done.status.success()
        })
    };
    let install = || run(&["ci", "--no-audit", "--no-fund"]);
    // Once more after a failure: registries have short outages.
    let installed = is_installed(web) || install() || install();
    let built = || panel.join("index.html").exists() && a2ui.join("index.html").exists();
    installed && run(&["run", "build"]) && run(&["run", "build:a2ui"]) && built()
}

/// Says whether the panel's packages are those of the lock file, so that they need not be laid anew.
fn is_installed(web: &Path) -> bool {
    let changed = |path: &str| web.join(path).metadata().and_then(|about| about.modified()).ok();
    changed("node_modules/.package-lock.json") >= changed("package-lock.json").or(changed("package.json"))
}

const WITHOUT_A2UI: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>A2UI</title>\
<p>This build has no A2UI page, because Node.js was missing when it was made.</p></html>";
const WITHOUT_PANEL: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Landline</title>\
<h1>Landline is running</h1><p>This build has no panel, because Node.js was missing when it was made. Install Node.js \
20 or newer with npm, then run <code>cargo run --release -- gateway</code> again.</p>\
<p>Until then, <code>landline chat</code> talks to your agent in the terminal.</p></html>";
